"""Cases of IAM's decisions as tables of sentences. What each has to give follows the IAM user guide, named per file."""
