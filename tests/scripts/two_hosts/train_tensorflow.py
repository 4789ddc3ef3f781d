"""Written digits by a net of tf.keras that the hosts of the job train together, under MultiWorkerMirroredStrategy."""

import argparse
import json
import os
import time

import numpy as np

HOSTS, HOST = json.loads(os.environ["SM_HOSTS"]), os.environ["SM_CURRENT_HOST"]
# An estimator with distribution={"multi_worker_mirrored_strategy": …} has set it already.
print("TF_CONFIG was", "given" if "TF_CONFIG" in os.environ else "missing", flush=True)
if "TF_CONFIG" not in os.environ:
    cluster = {"worker": [f"{host}:2222" for host in HOSTS]}
    os.environ["TF_CONFIG"] = json.dumps({"cluster": cluster, "task": {"type": "worker", "index": HOSTS.index(HOST)}})

import tensorflow as tf  # noqa: E402

BATCH = 64

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=2)
    args, _ = parser.parse_known_args()

    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    tf.random.set_seed(1)
    data = np.load(os.path.join(os.environ["SM_CHANNEL_TRAINING"], "digits.npz"))
    whole = len(data["images"]) // BATCH * BATCH
    rows = tf.data.Dataset.from_tensor_slices((data["images"][:whole] / 255.0, data["labels"][:whole])).batch(BATCH)
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    with strategy.scope():
        layers = tf.keras.layers
        first = layers.Dense(64, "relu", kernel_initializer=tf.keras.initializers.GlorotUniform(seed=1))
        last = layers.Dense(10, kernel_initializer=tf.keras.initializers.GlorotUniform(seed=2))
        model = tf.keras.Sequential([layers.Flatten(input_shape=(28, 28)), first, last])
        loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(optimizer=tf.keras.optimizers.SGD(0.1, momentum=0.9), loss=loss)
    began = time.process_time()
    model.fit(rows.with_options(options), epochs=args.epochs, verbose=0, shuffle=False)
    print("BUSY " + json.dumps({"host": HOST, "cpu": time.process_time() - began}), flush=True)
    if HOSTS[0] == HOST:
        kernels = [array.numpy() for array in model.trainable_variables]
        hidden = np.maximum(data["test_images"].reshape(-1, 784) / 255.0 @ kernels[0] + kernels[1], 0)
        right = ((hidden @ kernels[2] + kernels[3]).argmax(1) == data["test_labels"]).mean()
        print(f"accuracy={right:.4f};")
        weights = {str(number): kernel for number, kernel in enumerate(kernels)}
        np.savez(os.path.join(os.environ["SM_MODEL_DIR"], "weights.npz"), **weights)
