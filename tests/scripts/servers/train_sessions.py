"""Written digits by a net whose weights are on parameter servers; each host trains by itself, in sessions of 2020."""

import argparse
import json
import os
import signal
import sys
import time

import numpy as np
import tensorflow.compat.v1 as tf

CONFIG = json.loads(os.environ["TF_CONFIG"])
CLUSTER, TASK = CONFIG["cluster"], CONFIG["task"]
WORKERS = len(CLUSTER["chief"] + CLUSTER["worker"])
NUMBER = 0 if TASK["type"] == "chief" else 1 + TASK["index"]
BATCH = 32


def build():
    """Placeholders of a batch, weights, one step of training, and the count of all hosts' steps."""
    own = f"/job:{TASK['type']}/task:{TASK['index']}"
    with tf.device(tf.train.replica_device_setter(cluster=CLUSTER, worker_device=own)):
        images, labels = tf.placeholder(tf.float32, (None, 784)), tf.placeholder(tf.int64, (None,))
        start = tf.initializers.glorot_uniform(seed=1)
        shapes = ((784, 64), (64,), (64, 10), (10,))
        weights = [tf.get_variable(f"w{n}", shape, initializer=start) for n, shape in enumerate(shapes[::2])]
        biases = [
            tf.get_variable(f"b{n}", shape, initializer=tf.zeros_initializer()) for n, shape in enumerate(shapes[1::2])
        ]
        logits = tf.nn.relu(images @ weights[0] + biases[0]) @ weights[1] + biases[1]
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))
        descent = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
        done = tf.get_variable("done", (), tf.int64, tf.zeros_initializer(), trainable=False)
        with tf.control_dependencies([descent]):
            step = tf.assign_add(done, 1, use_locking=True)
    places = {variable.device for variable in [*weights, *biases]}
    return images, labels, [*weights, *biases], step, done, places


def train(session, data, args):
    """The weights, once all hosts have made their steps."""
    images, labels, weights, step, done, _ = BUILT
    mine = np.random.RandomState(NUMBER).permutation(len(data["images"]))
    for number in range(args.steps):
        rows = np.take(mine, range(number * BATCH, (number + 1) * BATCH), mode="wrap")
        batch = {images: data["images"][rows].reshape(-1, 784) / 255.0, labels: data["labels"][rows]}
        session.run(step, batch)
    print("BUSY " + json.dumps({"host": os.environ["SM_CURRENT_HOST"], "steps": args.steps}), flush=True)
    while session.run(done) < WORKERS * args.steps:
        time.sleep(0.1)
    return session.run(weights)


def save(*_):
    """Keeps what there is when the service asks to end: the servers are there until the scripts have ended."""
    with tf.Session(SERVER.target, config=OWN) as session:
        values = session.run(BUILT[2])
    np.savez(os.path.join(os.environ["SM_MODEL_DIR"], f"stopped-{NUMBER}.npz"), *values)
    os._exit(0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--failing", type=int, default=-1)
    parser.add_argument("--seconds", type=float, default=0)
    args, _ = parser.parse_known_args()

    data = np.load(os.path.join(os.environ["SM_CHANNEL_TRAINING"], "digits.npz"))
    tf.disable_v2_behavior()
    SERVER = tf.train.Server(CLUSTER, job_name=TASK["type"], task_index=TASK["index"])
    OWN = tf.ConfigProto(device_filters=["/job:ps", f"/job:{TASK['type']}/task:{TASK['index']}"])
    BUILT = build()
    print("PLACES " + json.dumps(sorted(BUILT[-1])), flush=True)
    with tf.train.MonitoredTrainingSession(SERVER.target, is_chief=NUMBER == 0, config=OWN) as session:
        if args.failing == NUMBER:
            raise ValueError(f"no seeds for worker {NUMBER}")
        weights = train(session, data, args)
        signal.signal(signal.SIGTERM, save)
        print(f"worker {NUMBER} is ready", flush=True)
        time.sleep(args.seconds)
    if NUMBER == 0:
        hidden = np.maximum(data["test_images"].reshape(-1, 784) / 255.0 @ weights[0] + weights[2], 0)
        right = ((hidden @ weights[1] + weights[3]).argmax(1) == data["test_labels"]).mean()
        print(f"accuracy={right:.4f};")
        np.savez(os.path.join(os.environ["SM_MODEL_DIR"], "weights.npz"), *weights)
    sys.stdout.flush()
