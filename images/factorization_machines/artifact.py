"""The file of a trained model: the zip `model_algo-1`, laid out as published programs read that of the built-in one.

`params` are the arrays v (d, k), w1_weight (d, 1) and w0_weight (1,) in MXNet's format, `symbol.json` is the network
that computes the model from them, and `meta.json` has the hyperparameters.
"""

import json
import zipfile

import numpy as np

from images.kit.errors import UserError

from . import mxnet_arrays
from .hyperparameters import CLASSIFIER, parse
from .model import Machine

MODEL_FILE = "model_algo-1"
PARAMETERS, NETWORK, META = "params", "symbol.json", "meta.json"
FACTORS, LINEAR, BIAS = "arg:v", "arg:w1_weight", "arg:w0_weight"
LARGEST_META_BYTES = 1024 * 1024
"""The algorithm's has some hundreds."""


def save(file, machine, texts):
    """Writes a machine to a path or binary file. texts: its hyperparameters as they were sent."""
    arrays = {FACTORS: machine.weights[:, 1:], LINEAR: machine.weights[:, :1], BIAS: machine.bias}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        with archive.open(PARAMETERS, "w", force_zip64=True) as stream:
            mxnet_arrays.write(stream, arrays)
        archive.writestr(NETWORK, json.dumps(_network(texts["predictor_type"], arrays)))
        archive.writestr(META, json.dumps({"training_parameters": texts}))


def load(file):
    """Machine and Settings of what `save` wrote to a path or binary file. Raises UserError if it is none."""
    try:
        with zipfile.ZipFile(file) as archive:
            if archive.getinfo(META).file_size > LARGEST_META_BYTES:
                raise UserError(f"{META} is larger than {LARGEST_META_BYTES} bytes.")
            settings = parse(_texts(archive.read(META)))
            with archive.open(PARAMETERS) as stream:
                arrays = mxnet_arrays.read(stream, archive.getinfo(PARAMETERS).file_size)
    except (zipfile.BadZipFile, KeyError, EOFError, NotImplementedError) as error:
        raise UserError(f"The model is no zip with {PARAMETERS} and {META}: {error}") from error
    expected = {
        FACTORS: (settings.feature_dim, settings.num_factors),
        LINEAR: (settings.feature_dim, 1),
        BIAS: (1,),
    }
    for name, shape in expected.items():
        if name not in arrays or arrays[name].shape != shape:
            found = arrays[name].shape if name in arrays else "nothing"
            raise UserError(f"{PARAMETERS}: expected {name} of shape {shape}, found {found}.")
    weights = np.concatenate([arrays[LINEAR], arrays[FACTORS]], axis=1, dtype=np.float32)
    return Machine(arrays[BIAS].astype(np.float32), weights), settings


def _texts(data):
    try:
        texts = json.loads(data)["training_parameters"]
        return {str(name): str(text) for name, text in texts.items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserError(f"{META}: expected an object with training_parameters.") from error


def _network(predictor_type, arrays):
    """The model as a network of MXNet, in its JSON: Rendle (2010), lemma 3.1."""

    def shape(name):
        return {"__shape__": str(arrays[name].shape)}

    output = "LogisticRegressionOutput" if predictor_type == CLASSIFIER else "LinearRegressionOutput"
    rows = {"axis": "1", "keepdims": "True"}
    # Name, operator, names of its inputs, attributes; in an order in which inputs come first.
    nodes = [
        ("data", "null", [], {}),
        ("w1_weight", "null", [], shape(LINEAR)),
        ("linear", "dot", ["data", "w1_weight"], {}),
        ("v", "null", [], shape(FACTORS)),
        ("sums", "dot", ["data", "v"], {}),
        ("sums_squared", "square", ["sums"], {}),
        ("square_of_sums", "sum", ["sums_squared"], rows),
        ("data_squared", "square", ["data"], {}),
        ("v_squared", "square", ["v"], {}),
        ("squares", "dot", ["data_squared", "v_squared"], {}),
        ("sum_of_squares", "sum", ["squares"], rows),
        ("pairs_twice", "elemwise_sub", ["square_of_sums", "sum_of_squares"], {}),
        ("pairs", "_mul_scalar", ["pairs_twice"], {"scalar": "0.5"}),
        ("linear_and_pairs", "elemwise_add", ["linear", "pairs"], {}),
        ("w0_weight", "null", [], shape(BIAS)),
        ("value", "broadcast_add", ["linear_and_pairs", "w0_weight"], {}),
        ("out_label", "null", [], {}),
        ("out", output, ["value", "out_label"], {}),
    ]
    place = {name: number for number, (name, *_) in enumerate(nodes)}
    return {
        "nodes": [
            {"op": op, "name": name, "inputs": [[place[source], 0, 0] for source in inputs]}
            | ({"attrs": attributes} if attributes else {})
            for name, op, inputs, attributes in nodes
        ],
        "arg_nodes": [place[name] for name, op, *_ in nodes if op == "null"],
        "node_row_ptr": list(range(len(nodes) + 1)),
        "heads": [[place["out"], 0, 0]],
        "attrs": {"mxnet_version": ["int", 10901]},
    }
