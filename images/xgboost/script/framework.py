"""What XGBoost adds to script mode; defaults as in aws/sagemaker-xgboost-container, handler_service."""

import io
from pathlib import Path

from images.kit.errors import RequestError, UserError
from images.kit.script import codecs
from images.kit.script.framework import Framework
from images.kit.script.handlers import Defaults

LIBSVM = ("text/libsvm", "text/x-libsvm")


class XGBoostDefaults(Defaults):
    """A model is an xgboost.Booster, or one of the library's scikit-learn estimators."""

    def input_fn(self, body, content_type):
        """xgboost.DMatrix of a body in CSV, libsvm, JSON or NPY; a libsvm row may begin with a label."""
        import xgboost

        if codecs.kind_of(content_type) in LIBSVM:
            return xgboost.DMatrix(_libsvm(body))
        array = codecs.decode(body, content_type)
        return xgboost.DMatrix(array.reshape(1, -1) if getattr(array, "ndim", 2) == 1 else array)

    def predict_fn(self, data, model):
        """Predictions (rows,) or (rows, classes). A Booster takes a row that lacks its last features as such."""
        import xgboost

        if isinstance(model, xgboost.Booster):
            return model.predict(data, validate_features=False)
        return model.predict(data.get_data())


def _libsvm(body):
    # Imported here: the library takes a second that training's own process does not need.
    from ..libsvm import read_features

    try:
        return read_features(io.BytesIO(body), "request")
    except UserError as error:
        raise RequestError(415, str(error)) from error


FRAMEWORK = Framework(
    name="XGBoost",
    distribution="xgboost-cpu",
    module="sagemaker_xgboost_container.training:main",
    defaults=XGBoostDefaults(),
    toolkits=Path(__file__).parent / "toolkits",
)
