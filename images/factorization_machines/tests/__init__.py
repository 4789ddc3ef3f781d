"""Tests of the built-in factorization machines, run in the `test` environment."""
