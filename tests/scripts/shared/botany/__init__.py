"""A library beside the scripts, as `dependencies` of an estimator."""

SPECIES = ("setosa", "versicolor", "virginica")
