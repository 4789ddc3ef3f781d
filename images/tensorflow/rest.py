"""TensorFlow Serving's REST bodies: JSON to arrays, a signature's outputs to JSON.

Follows tensorflow/serving, "RESTful API": predict in rows (instances) or columns (inputs), classify, regress.
"""

import base64
import json

import tensorflow as tf

from images.kit.errors import RequestError

METHODS = ("predict", "classify", "regress")


def answer(models, name, version, method, body):
    """JSON text of the answer to a JSON text. Raises RequestError with the status TensorFlow Serving has for it."""
    try:
        request = json.loads(body)
    except ValueError as error:
        raise RequestError(400, f"JSON Parse error: {error}") from error
    if not isinstance(request, dict):
        raise RequestError(400, "Request body must be a JSON object.")
    if method not in METHODS:
        raise RequestError(400, f"Unsupported method {method}; there are {', '.join(METHODS)}.")
    signature = models.signature(name, version, request.get("signature_name"))
    reply = _predict(signature, request) if method == "predict" else _examples(signature, request, method)
    return json.dumps(reply)


def _predict(signature, request):
    if ("instances" in request) == ("inputs" in request):
        raise RequestError(400, "Missing 'inputs' or 'instances' key: a request must have one of them, and not both.")
    if "instances" in request:
        return {"predictions": _rows(signature(_columns(signature, _plain(request["instances"]))))}
    inputs = _plain(request["inputs"])
    if not isinstance(inputs, dict):
        inputs = {_only_input(signature): inputs}
    outputs = {name: _as_json(name, array) for name, array in signature(inputs).items()}
    return {"outputs": next(iter(outputs.values())) if len(outputs) == 1 else outputs}


def _columns(signature, instances):
    """Input name to its values over all instances."""
    if not isinstance(instances, list) or not instances:
        raise RequestError(400, "Expecting 'instances' value to be an non-empty list.")
    if not isinstance(instances[0], dict):
        return {_only_input(signature): instances}
    names = instances[0].keys()
    if any(not isinstance(one, dict) or one.keys() != names for one in instances):
        raise RequestError(400, "Every one of the instances must have the same inputs.")
    return {name: [one[name] for one in instances] for name in names}


def _rows(outputs):
    """A value for each instance; an object where there are several outputs."""
    lists = {name: _as_json(name, array) for name, array in outputs.items()}
    if len(lists) == 1:
        return next(iter(lists.values()))
    sizes = {len(values) if isinstance(values, list) else None for values in lists.values()}
    if len(sizes) != 1 or None in sizes:
        raise RequestError(
            400, "The model's outputs have different batch sizes; send 'inputs' in place of 'instances'."
        )
    return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]


def _only_input(signature):
    if len(signature.inputs) != 1:
        raise RequestError(
            400, f"The model has several inputs, {sorted(signature.inputs)}: each instance must name them."
        )
    return next(iter(signature.inputs))


def _plain(value):
    """The value with {"b64": text} decoded to bytes."""
    if isinstance(value, dict):
        if value.keys() == {"b64"}:
            try:
                return base64.b64decode(value["b64"], validate=True)
            except ValueError as error:
                raise RequestError(400, f"Unable to base64 decode: {error}") from error
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _as_json(name, array):
    value = array.tolist()
    return _strings(name, value) if array.dtype == object else value


def _strings(name, value):
    """Texts of a tensor of strings; bytes in base64 where the output's name ends with _bytes, as Serving has it."""
    if isinstance(value, list):
        return [_strings(name, inner) for inner in value]
    if name.endswith("_bytes"):
        return {"b64": base64.b64encode(value).decode()}
    return value.decode("utf-8", errors="replace")


def _examples(signature, request, method):
    examples = request.get("examples")
    if not isinstance(examples, list) or not examples:
        raise RequestError(400, "When method is classify or regress, key 'examples' is expected and was not found.")
    context = _plain(request.get("context") or {})
    serialized = [_example({**context, **_plain(one)}) for one in examples]
    outputs = signature({_only_input(signature): serialized})
    if method == "regress":
        return {"results": outputs[_output(outputs, "outputs")].reshape(-1).tolist()}
    scores = outputs["scores"].tolist() if "scores" in outputs else None
    labels = _as_json("classes", outputs["classes"]) if "classes" in outputs else None
    if scores is None and labels is None:
        raise RequestError(400, f"The signature cannot classify: it has the outputs {sorted(outputs)}.")
    labels = labels or [[""] * len(row) for row in scores]
    scores = scores or [[0.0] * len(row) for row in labels]
    return {"results": [list(map(list, zip(*pair, strict=True))) for pair in zip(labels, scores, strict=True)]}


def _output(outputs, name):
    if name not in outputs:
        raise RequestError(400, f"The signature has no output {name!r}; it has {sorted(outputs)}.")
    return name


def _example(features):
    """A serialized tf.train.Example of feature values: whole numbers, numbers, texts or bytes, or lists of them."""
    lists = {name: value if isinstance(value, list) else [value] for name, value in features.items()}
    return tf.train.Example(
        features=tf.train.Features(feature={name: _feature(name, values) for name, values in lists.items()})
    ).SerializeToString()


def _feature(name, values):
    if all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        return tf.train.Feature(int64_list=tf.train.Int64List(value=values))
    if all(isinstance(value, int | float) for value in values):
        return tf.train.Feature(float_list=tf.train.FloatList(value=values))
    if all(isinstance(value, str | bytes) for value in values):
        texts = [value.encode() if isinstance(value, str) else value for value in values]
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=texts))
    raise RequestError(400, f"Feature {name!r}: its values must all be numbers or all be texts.")
