"""Attempts of a job to get out, by what they are made on; on the standard library alone."""
