"""Facts of the training job."""

from sagemaker_training.environment import Environment as TrainingEnv

__all__ = ["TrainingEnv"]
