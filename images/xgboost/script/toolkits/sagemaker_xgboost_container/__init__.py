"""What scripts import from AWS's sagemaker-xgboost-container: data_utils.get_dmatrix and distributed.rabit_run."""
