"""What scikit-learn adds to script mode; defaults as in aws/sagemaker-scikit-learn-container."""

import numpy as np

from images.kit.errors import RequestError
from images.kit.script import codecs
from images.kit.script.framework import Framework
from images.kit.script.handlers import Defaults


class ScikitLearnDefaults(Defaults):
    """A model has a method `predict` that takes (rows, features)."""

    def input_fn(self, body, content_type):
        """Array (rows, features); float32 if it came as text, as its sender has it if it came as NPY."""
        array = codecs.decode(body, content_type)
        if getattr(array, "ndim", 2) == 1:
            array = array.reshape(1, -1)
        if codecs.kind_of(content_type) not in codecs.TEXTS:
            return array
        try:
            return array.astype(np.float32)
        except ValueError as error:
            raise RequestError(400, f"The request is no table of numbers: {error}") from error

    def predict_fn(self, data, model):
        return model.predict(data)


FRAMEWORK = Framework(
    name="scikit-learn",
    distribution="scikit-learn",
    module="sagemaker_sklearn_container.training:main",
    defaults=ScikitLearnDefaults(),
)
