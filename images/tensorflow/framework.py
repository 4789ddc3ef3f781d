"""What TensorFlow adds to script mode.

tensorflow is imported where a model is served; a script imports it by itself.
"""

import re

from images.kit.script.framework import Framework, asked_image

FRAMEWORK = Framework(
    name="TensorFlow",
    distribution="tensorflow-cpu",
    module="sagemaker_tensorflow_container.training:main",
)

KERAS_3_SINCE = (2, 16)
"""From this TensorFlow on, tf.keras is Keras 3, whose models and files differ from those of Keras 2."""


def keras_variables():
    """Variables that make tf.keras the Keras 2 that an older image had (package tf_keras)."""
    asked = asked_image()
    is_old = asked is not None and tuple(map(int, re.findall(r"\d+", asked["version"]))) < KERAS_3_SINCE
    return {"TF_USE_LEGACY_KERAS": "1"} if is_old else {}
