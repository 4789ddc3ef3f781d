"""Written digits by a net that the hosts of the job train together, with torch.distributed over gloo."""

import argparse
import json
import os
import time

import numpy as np
import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

BATCH = 64

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=2)
    args = parser.parse_args()

    hosts, host = json.loads(os.environ["SM_HOSTS"]), os.environ["SM_CURRENT_HOST"]
    rank, size = hosts.index(host), len(hosts)
    os.environ.update(MASTER_ADDR=hosts[0], MASTER_PORT="29500")
    os.environ["GLOO_SOCKET_IFNAME"] = os.environ["SM_NETWORK_INTERFACE_NAME"]
    distributed.init_process_group("gloo", rank=rank, world_size=size)
    torch.manual_seed(1)

    data = np.load(os.path.join(os.environ["SM_CHANNEL_TRAINING"], "digits.npz"))
    images = torch.tensor(data["images"] / 255.0, dtype=torch.float64)
    labels = torch.tensor(data["labels"])
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10)).double()
    model = DistributedDataParallel(net)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    samples, began = 0, time.process_time()
    for _ in range(args.epochs):
        # The same order on every host; each takes its share of every batch. The last rows may be too few to share.
        for batch in torch.randperm(len(images)).split(BATCH)[: len(images) // BATCH]:
            rows = batch[rank::size]
            samples += len(rows)
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(images[rows]), labels[rows]).backward()
            optimizer.step()
    print("BUSY " + json.dumps({"host": host, "samples": samples, "cpu": time.process_time() - began}), flush=True)
    if rank == 0:
        with torch.no_grad():
            right = (net(torch.tensor(data["test_images"] / 255.0)).argmax(1).numpy() == data["test_labels"]).mean()
        print(f"accuracy={right:.4f};")
        weights = {name: values.numpy() for name, values in net.state_dict().items()}
        np.savez(os.path.join(os.environ["SM_MODEL_DIR"], "weights.npz"), **weights)
    distributed.destroy_process_group()
