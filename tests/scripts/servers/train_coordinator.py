"""Written digits under TensorFlow's ParameterServerStrategy: the chief hands out steps, the workers only serve."""

import json
import os

import numpy as np
import tensorflow as tf

BATCH, STEPS = 32, 300

if __name__ == "__main__":
    resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver()
    if resolver.task_type == "worker":
        # For ever: no word of the chief's ends it.
        tf.distribute.Server(resolver.cluster_spec(), job_name="worker", task_index=resolver.task_id).join()
    strategy = tf.distribute.ParameterServerStrategy(resolver)
    coordinator = tf.distribute.coordinator.ClusterCoordinator(strategy)
    data = np.load(os.path.join(os.environ["SM_CHANNEL_TRAINING"], "digits.npz"))
    images, labels = data["images"].reshape(-1, 784).astype(np.float32) / 255, data["labels"]
    with strategy.scope():
        start = tf.keras.initializers.GlorotUniform(seed=1)
        weights = [tf.Variable(start(shape)) for shape in ((784, 64), (64, 10))]
        biases = [tf.Variable(tf.zeros(size)) for size in (64, 10)]
    places = {variable.device for variable in weights + biases}

    @tf.function
    def step(batch, wanted):
        with tf.GradientTape() as tape:
            logits = tf.nn.relu(batch @ weights[0] + biases[0]) @ weights[1] + biases[1]
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(wanted, logits))
        for variable, slope in zip(weights + biases, tape.gradient(loss, weights + biases), strict=True):
            variable.assign_sub(0.1 * slope)

    order = np.random.RandomState(0).permutation(len(images))
    for number in range(STEPS):
        rows = np.take(order, range(number * BATCH, (number + 1) * BATCH), mode="wrap")
        coordinator.schedule(step, args=(tf.constant(images[rows]), tf.constant(labels[rows])))
    coordinator.join()
    values = [variable.numpy() for variable in weights + biases]
    hidden = np.maximum(data["test_images"].reshape(-1, 784) / 255.0 @ values[0] + values[2], 0)
    right = ((hidden @ values[1] + values[3]).argmax(1) == data["test_labels"]).mean()
    print("PLACES " + json.dumps(sorted(places)))
    print(f"accuracy={right:.4f};")
    np.savez(os.path.join(os.environ["SM_MODEL_DIR"], "weights.npz"), *values)
