"""What MXNet adds to script mode; defaults as in aws/sagemaker-mxnet-inference-toolkit.

mxnet is imported when a model is served: a script imports it by itself.
"""

import json
from pathlib import Path

from images.kit.errors import UserError
from images.kit.script import codecs
from images.kit.script.framework import Framework
from images.kit.script.handlers import Defaults

MODEL_FILES = ("model-symbol.json", "model-0000.params", "model-shapes.json")


class MXNetDefaults(Defaults):
    """A model is a Gluon block, or a Module."""

    def model_fn(self, model_dir):
        """A Module of the three files that a checkpoint of a symbol has. Raises UserError if one is missing."""
        import mxnet as mx

        folder = Path(model_dir)
        missing = [name for name in MODEL_FILES if not (folder / name).is_file()]
        if missing:
            raise UserError(
                f"The script defines no model_fn(model_dir), and without it {', '.join(MODEL_FILES)} are needed; "
                f"missing: {', '.join(missing)}."
            )
        shapes = [
            (entry["name"], (1, *entry["shape"][1:])) for entry in json.loads((folder / MODEL_FILES[2]).read_text())
        ]
        symbol, arguments, auxiliary = mx.model.load_checkpoint(str(folder / "model"), 0)
        module = mx.mod.Module(symbol, data_names=[name for name, _ in shapes], label_names=None)
        module.bind(for_training=False, data_shapes=shapes)
        module.set_params(arguments, auxiliary, allow_missing=True)
        return module

    def input_fn(self, body, content_type, model=None):
        """mxnet.nd.array of a JSON, CSV or NPY body; for a Module an iterator over it, in the Module's shape."""
        import mxnet as mx

        array = mx.nd.array(codecs.decode(body, content_type))
        if not isinstance(model, mx.mod.BaseModule):
            return array
        (shape,) = [description.shape for description in model.data_shapes]
        if codecs.kind_of(content_type) == codecs.CSV:
            array = array.reshape((-1, *shape[1:]))
        return mx.io.NDArrayIter(array, batch_size=shape[0], last_batch_handle="pad")

    def predict_fn(self, data, model):
        """Output of a Gluon block, or of a Module for all batches."""
        import mxnet as mx

        return model.predict(data) if isinstance(model, mx.mod.BaseModule) else model(data)

    def output_fn(self, prediction, accept):
        """As the kit's, of an array of MXNet."""
        return super().output_fn(prediction.asnumpy() if hasattr(prediction, "asnumpy") else prediction, accept)


FRAMEWORK = Framework(
    name="MXNet",
    distribution="mxnet",
    module="sagemaker_mxnet_container.training:main",
    defaults=MXNetDefaults(),
)
