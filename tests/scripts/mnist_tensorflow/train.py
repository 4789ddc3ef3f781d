"""Written digits by a small net of tf.keras: a script for TensorFlow's estimator, as of TensorFlow 2.1."""

import argparse
import json
import os

import numpy as np
import tensorflow as tf

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=1)
    # A place in S3, for checkpoints; the model goes where SM_MODEL_DIR says.
    parser.add_argument("--model_dir", type=str)
    parser.add_argument("--sm-model-dir", default=os.environ.get("SM_MODEL_DIR"))
    parser.add_argument("--train", default=os.environ.get("SM_CHANNEL_TRAINING"))
    parser.add_argument("--hosts", type=list, default=json.loads(os.environ.get("SM_HOSTS", "[]")))
    args, _ = parser.parse_known_args()
    print("model_dir is", args.model_dir)

    tf.random.set_seed(1)
    data = np.load(os.path.join(args.train, "digits.npz"))
    model = tf.keras.models.Sequential(
        [
            tf.keras.layers.Flatten(input_shape=(28, 28)),
            tf.keras.layers.Dense(64, activation="relu"),
            tf.keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(data["images"] / 255.0, data["labels"], epochs=args.epochs, verbose=2)
    _, accuracy = model.evaluate(data["test_images"] / 255.0, data["test_labels"], verbose=0)
    print(f"accuracy={accuracy:.4f};")
    # Keras 2's way to write a SavedModel.
    model.save(os.path.join(args.sm_model_dir, "000000001"))
