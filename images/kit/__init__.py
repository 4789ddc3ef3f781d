"""The SageMaker container contract, once: training and serving around plain functions of an image."""
