"""What scripts import from AWS's package `sagemaker-containers` of 2018 to 2020."""

from sagemaker_training.environment import Environment


def training_env():
    """Facts of the training job: hosts, hyperparameters, channel_input_dirs, model_dir and the like."""
    return Environment()
