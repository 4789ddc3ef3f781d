"""XGBoost as a framework: users' scripts train and serve with it, beside the algorithm built in."""
