"""Tests of the container contract, run in the `test` environment."""
