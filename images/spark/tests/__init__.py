"""Tests of what smspark-submit makes of a job, without Spark; tests/full/test_spark.py runs it."""
