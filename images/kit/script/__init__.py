"""Script mode: users' own training and inference scripts, run under the contract that SageMaker's toolkits gave them.

`training` and `serving` are the two entries; what a framework adds is a value of `framework.Framework`.
"""
