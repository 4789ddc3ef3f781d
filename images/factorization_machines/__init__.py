"""The image of the built-in factorization machines (SageMaker developer guide, "Factorization Machines Algorithm")."""
