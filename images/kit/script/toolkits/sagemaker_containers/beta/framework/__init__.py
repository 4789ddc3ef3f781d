"""Modules that inference scripts name: content_types, encoders, worker.Response."""

from sagemaker_containers import training_env

from . import content_types, encoders, env, errors, modules, transformer, worker

__all__ = ["content_types", "encoders", "env", "errors", "modules", "training_env", "transformer", "worker"]
