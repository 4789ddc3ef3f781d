"""MXNet as a framework: users' scripts train and serve, as in AWS's images mxnet-training and mxnet-inference."""
