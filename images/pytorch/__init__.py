"""PyTorch as a framework: users' scripts train and serve, as in AWS's images pytorch-training and pytorch-inference."""
