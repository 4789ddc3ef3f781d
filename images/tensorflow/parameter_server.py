"""A parameter server: what the workers of its cluster keep in it, it keeps. Runs by itself until killed.

TF_CONFIG says which one of the cluster it is.
"""

import json
import os

import tensorflow as tf

if __name__ == "__main__":
    config = json.loads(os.environ["TF_CONFIG"])
    task = config["task"]
    tf.distribute.Server(config["cluster"], job_name=task["type"], task_index=task["index"]).join()
