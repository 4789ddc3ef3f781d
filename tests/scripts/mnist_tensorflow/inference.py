"""Handlers around the model: pixels of 0 to 255 in, the digit out."""

import json

import numpy as np


def input_handler(data, context):
    if context.request_content_type != "application/x-npy":
        raise ValueError(f"content type {context.request_content_type} is not supported")
    import io

    images = np.load(io.BytesIO(data.read())) / 255.0
    return json.dumps({"instances": images.tolist()})


def output_handler(response, context):
    if response.status_code != 200:
        raise ValueError(response.content.decode("utf-8"))
    digits = [int(np.argmax(row)) for row in response.json()["predictions"]]
    return json.dumps(digits), context.accept_header
