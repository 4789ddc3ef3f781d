"""Factorization machines as a built-in algorithm, behind SageMaker's hyperparameters, formats and replies."""
