"""Written digits by trees that the hosts of the job grow together, by rabit_run of AWS's container."""

import argparse
import json
import os
import time

import numpy as np
import xgboost
from sagemaker_xgboost_container import distributed

MODEL = os.path.join(os.environ["SM_MODEL_DIR"], "model.json")


def fit(rows, rounds, is_master):
    wanted = {"objective": "multi:softprob", "num_class": 10, "tree_method": "hist", "max_depth": 4, "seed": 1}
    began = time.process_time()
    booster = xgboost.train(wanted, rows, num_boost_round=rounds)
    busy = {"host": os.environ["SM_CURRENT_HOST"], "samples": rows.num_row(), "cpu": time.process_time() - began}
    print("BUSY " + json.dumps(busy), flush=True)
    if is_master:
        booster.save_model(MODEL)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=14)
    args = parser.parse_args()
    hosts, host = json.loads(os.environ["SM_HOSTS"]), os.environ["SM_CURRENT_HOST"]
    data = np.load(os.path.join(os.environ["SM_CHANNEL_TRAINING"], "digits.npz"))
    mine = slice(hosts.index(host), None, len(hosts))
    rows = xgboost.DMatrix(data["images"][mine].reshape(-1, 784), label=data["labels"][mine])
    distributed.rabit_run(
        exec_fun=fit,
        args={"rows": rows, "rounds": args.rounds},
        include_in_training=rows.num_row() > 0,
        hosts=hosts,
        current_host=host,
        update_rabit_args=True,
    )
    if os.path.exists(MODEL):
        # Where hosts train together a DMatrix is made by all or by none; here each is alone again.
        found = xgboost.Booster(model_file=MODEL).predict(xgboost.DMatrix(data["test_images"].reshape(-1, 784)))
        print(f"accuracy={(found.argmax(1) == data['test_labels']).mean():.4f};")
        # What is compared: predictions.
        np.savez(os.path.join(os.environ["SM_MODEL_DIR"], "weights.npz"), predictions=found)
