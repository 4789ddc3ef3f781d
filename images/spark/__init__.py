"""Spark's processing image: smspark-submit, a cluster of the job's hosts, and S3 as a file system."""
