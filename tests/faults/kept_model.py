"""A bucket with data, and a model trained on it, that are there before the fault."""

from xgboost_jobs import create_model, ended_job, training_request

ROWS = b"0,1\n1,2\n0,1.1\n1,2.1\n"


def keep_model(server):
    """Makes the bucket `kept` with `train/rows.csv`, and the model `model`."""
    s3, sagemaker = server.client("s3"), server.client("sagemaker")
    s3.create_bucket(Bucket="kept")
    s3.put_object(Bucket="kept", Key="train/rows.csv", Body=ROWS)
    sagemaker.create_training_job(**training_request("first", "kept", {"num_round": 2}))
    first = ended_job(sagemaker, "first")
    assert first["TrainingJobStatus"] == "Completed", first.get("FailureReason")
    create_model(sagemaker, "model", first["ModelArtifacts"]["S3ModelArtifacts"])
