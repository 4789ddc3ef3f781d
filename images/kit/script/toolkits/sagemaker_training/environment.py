"""Facts of the training job, as attributes."""

import json
import os
from types import SimpleNamespace


class Environment(SimpleNamespace):
    """hosts, current_host, hyperparameters, channel_input_dirs, model_dir, num_cpus and the rest of SM_TRAINING_ENV."""

    def __init__(self):
        super().__init__(**json.loads(os.environ["SM_TRAINING_ENV"]))
