"""What scripts import from AWS's package `sagemaker-training`: facts of the job."""
