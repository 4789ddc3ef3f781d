"""Written digits by a small net: a script for PyTorch's estimator."""

import argparse
import os

import numpy as np
import torch
from torch import nn


def net():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))


def model_fn(model_dir):
    model = net()
    model.load_state_dict(torch.load(os.path.join(model_dir, "model.pth")))
    return model


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--model-dir", default=os.environ["SM_MODEL_DIR"])
    parser.add_argument("--data-dir", default=os.environ["SM_CHANNEL_TRAINING"])
    args = parser.parse_args()

    torch.manual_seed(1)
    data = np.load(os.path.join(args.data_dir, "digits.npz"))
    images = torch.tensor(data["images"] / 255.0, dtype=torch.float32)
    labels = torch.tensor(data["labels"], dtype=torch.int64)
    model = net()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(args.epochs):
        for rows in torch.randperm(len(images)).split(32):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(images[rows]), labels[rows]).backward()
            optimizer.step()
    with torch.no_grad():
        test = torch.tensor(data["test_images"] / 255.0, dtype=torch.float32)
        right = (model(test).argmax(1).numpy() == data["test_labels"]).mean()
    print(f"accuracy={right:.4f};")
    torch.save(model.state_dict(), os.path.join(args.model_dir, "model.pth"))
