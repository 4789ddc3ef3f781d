"""SavedModels of an archive, by name and version, and their signatures as functions of arrays.

Layout as TensorFlow Serving has it: NAME/VERSION/saved_model.pb, the version a number; the highest is used by default.
"""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from images.kit.errors import RequestError, UserError

DEFAULT_SIGNATURE = "serving_default"


@dataclass(frozen=True)
class Signature:
    """One function of a model."""

    function: object
    inputs: dict
    """Name to tf.TensorSpec."""
    model: object
    """Held since its functions live no longer than it does."""

    def __call__(self, arrays):
        """Outputs by name as arrays. arrays: input name to what numpy.array takes.

        Raises RequestError 400 if names, types or shapes are not the signature's.
        """
        if arrays.keys() != self.inputs.keys():
            raise RequestError(
                400, f"The model takes the inputs {sorted(self.inputs)}; the request has {sorted(arrays)}."
            )
        try:
            tensors = {name: _tensor(value, self.inputs[name]) for name, value in arrays.items()}
            return {name: tensor.numpy() for name, tensor in self.function(**tensors).items()}
        except (ValueError, TypeError, tf.errors.InvalidArgumentError, tf.errors.UnimplementedError) as error:
            raise RequestError(400, str(getattr(error, "message", error))) from error


def _tensor(value, spec):
    array = np.array(value, dtype=object if spec.dtype == tf.string else spec.dtype.as_numpy_dtype)
    return tf.constant(array, dtype=spec.dtype)


class Models:
    """All SavedModels below a folder."""

    def __init__(self, folder, default):
        """Loads them. default: name of the model that requests mean when they name none, or None for the first.

        Raises UserError if there is none, or if one cannot be read.
        """
        self._loaded = {}
        for path in sorted(folder.rglob("saved_model.pb")):
            version = path.parent
            if version.name.isdigit():
                self._loaded.setdefault(version.parent.name, {})[int(version.name)] = _load(version)
        if not self._loaded:
            raise UserError(
                "model.tar.gz holds no SavedModel: expected saved_model.pb in a folder whose name is a number, such as "
                "1/saved_model.pb."
            )
        self.default = default or next(iter(self._loaded))

    def versions(self, name):
        """Versions of a model, highest first. Raises RequestError 404 if there is no such model."""
        if name not in self._loaded:
            raise RequestError(404, f"Servable not found for request: Latest({name})")
        return sorted(self._loaded[name], reverse=True)

    def signature(self, name, version, signature):
        """A model's signature; version None is the highest, signature None the default one.

        Raises RequestError 404 or 400 if there is none.
        """
        number = self.versions(name)[0] if version is None else version
        if number not in self._loaded[name]:
            raise RequestError(404, f"Servable not found for request: Specific({name}, {version})")
        signatures = self._loaded[name][number]
        wanted = signature or DEFAULT_SIGNATURE
        if wanted not in signatures:
            raise RequestError(
                400, f'Serving signature name: "{wanted}" not found in signature def; it has {sorted(signatures)}.'
            )
        return signatures[wanted]


def _load(folder):
    try:
        model = tf.saved_model.load(str(folder))
    except (OSError, ValueError, tf.errors.OpError) as error:
        raise UserError(f"The SavedModel in {folder} cannot be read: {error}") from error
    return {
        name: Signature(function, dict(function.structured_input_signature[1]), model)
        for name, function in model.signatures.items()
    }
