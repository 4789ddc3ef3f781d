"""Tests of the built-in XGBoost, run in the `test` environment."""
