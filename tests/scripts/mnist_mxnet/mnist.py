"""Written digits by a small Gluon net: a script for MXNet's estimator, as of MXNet 1.6."""

import argparse
import os

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon


def net():
    layers = gluon.nn.HybridSequential()
    layers.add(gluon.nn.Flatten(), gluon.nn.Dense(64, activation="relu"), gluon.nn.Dense(10))
    return layers


def model_fn(model_dir):
    model = net()
    model.load_parameters(os.path.join(model_dir, "model.params"), ctx=mx.cpu())
    return model


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--model-dir", default=os.environ["SM_MODEL_DIR"])
    parser.add_argument("--training", default=os.environ["SM_CHANNEL_TRAINING"])
    args = parser.parse_args()

    mx.random.seed(1)
    data = np.load(os.path.join(args.training, "digits.npz"))
    images = (data["images"] / 255.0).astype("float32")
    model = net()
    model.initialize(mx.init.Xavier())
    trainer = gluon.Trainer(model.collect_params(), "adam", {"learning_rate": 1e-3})
    loss_of = gluon.loss.SoftmaxCrossEntropyLoss()
    batches = gluon.data.DataLoader(gluon.data.ArrayDataset(images, data["labels"]), 32, shuffle=True)
    for _ in range(args.epochs):
        for rows, labels in batches:
            with autograd.record():
                loss = loss_of(model(rows), labels)
            loss.backward()
            trainer.step(len(rows))
    found = model(mx.nd.array(data["test_images"] / 255.0)).asnumpy().argmax(1)
    print(f"accuracy={(found == data['test_labels']).mean():.4f};")
    model.save_parameters(os.path.join(args.model_dir, "model.params"))
