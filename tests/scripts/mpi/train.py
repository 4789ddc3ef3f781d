"""Mean of the images of written digits, by the processes of MPI together: a script for any framework's estimator."""

import argparse
import json
import os
import signal
import sys
import time

import numpy as np
from mpi4py import MPI

world = MPI.COMM_WORLD


def save(number, _frame):
    """Keeps what there is when the service asks to end."""
    with open(os.path.join(os.environ["SM_MODEL_DIR"], f"stopped-{world.rank}"), "w") as file:
        file.write(signal.Signals(number).name)
    print(f"rank {world.rank} was stopped", flush=True)
    sys.exit(0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    # At this rank, in this way, the run fails.
    parser.add_argument("--failing", type=int, default=-1)
    parser.add_argument("--way", default="raise")
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--model_dir")
    args = parser.parse_args()

    images = np.load(os.path.join(os.environ["SM_CHANNEL_TRAINING"], "digits.npz"))["images"]
    mine = images[world.rank :: world.size].astype(np.float64)
    total = np.zeros(images.shape[1:])
    world.Allreduce(mine.sum(axis=0), total)
    if world.rank == args.failing:
        if args.way == "exit":
            sys.exit(7)
        if args.way == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        raise ValueError(f"no seeds for rank {world.rank}")

    facts = {
        "rank": world.rank,
        "size": world.size,
        "local": int(os.environ["OMPI_COMM_WORLD_LOCAL_RANK"]),
        "host": os.environ["SM_CURRENT_HOST"],
        "given": os.environ.get("GRAIN"),
        "rows": len(mine),
        "folder": os.getcwd(),
    }
    everyone = world.gather(facts)
    if world.rank == 0:
        right = bool(np.array_equal(total, images.sum(axis=0, dtype=np.float64)))
        print("FOUND " + json.dumps({"right": right, "everyone": everyone}), flush=True)
        np.save(os.path.join(os.environ["SM_MODEL_DIR"], "mean.npy"), total / len(images))
    world.Barrier()
    signal.signal(signal.SIGTERM, save)
    print(f"rank {world.rank} is ready", flush=True)
    time.sleep(args.seconds)
