"""XGBoost as a built-in algorithm: the field's library behind SageMaker's hyperparameters, formats and replies."""
