"""scikit-learn as a framework: users' scripts train and serve, as in AWS's image sagemaker-scikit-learn."""
