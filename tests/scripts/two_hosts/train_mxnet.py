"""Written digits by a net of Gluon whose weights are on parameter servers; with dist_sync the hosts' steps are one."""

import argparse
import json
import os
import time

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon

BATCH = 64

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--store", default="dist_sync")
    parser.add_argument("--failing", type=int, default=-1)
    args = parser.parse_args()

    store = mx.kv.create(args.store)
    rank, size = store.rank, store.num_workers
    data = np.load(os.path.join(os.environ["SM_CHANNEL_TRAINING"], "digits.npz"))
    mx.random.seed(1)
    net = gluon.nn.Sequential()
    # Smooth: what is 0 but for rounding would part two runs for good under relu.
    net.add(gluon.nn.Flatten(), gluon.nn.Dense(64, "tanh"), gluon.nn.Dense(10))
    net.initialize(mx.init.Xavier())
    images, labels = data["images"].astype(np.float32) / 255, data["labels"].astype(np.float32)
    net(mx.nd.array(images[:1]))
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1}, kvstore=store)
    find_loss = gluon.loss.SoftmaxCrossEntropyLoss()
    began = time.process_time()
    order = np.random.RandomState(0)
    for number in range(args.steps):
        rows = order.choice(len(images), BATCH, replace=False)[rank::size]
        with autograd.record():
            loss = find_loss(net(mx.nd.array(images[rows])), mx.nd.array(labels[rows]))
        loss.backward()
        # Gradients are added up over the hosts: the batch is that of all.
        trainer.step(BATCH)
        if rank == args.failing and number == 5:
            raise ValueError(f"no seeds for worker {rank}")
    mx.nd.waitall()
    host, cpu = os.environ["SM_CURRENT_HOST"], time.process_time() - began
    print("BUSY " + json.dumps({"host": host, "rank": rank, "steps": args.steps, "cpu": cpu}), flush=True)
    if host == json.loads(os.environ["SM_HOSTS"])[0]:
        right = (net(mx.nd.array(data["test_images"] / 255)).argmax(1).asnumpy() == data["test_labels"]).mean()
        print(f"accuracy={right:.4f};")
        weights = {str(number): value.data().asnumpy() for number, value in enumerate(net.collect_params().values())}
        np.savez(os.path.join(os.environ["SM_MODEL_DIR"], "weights.npz"), **weights)
