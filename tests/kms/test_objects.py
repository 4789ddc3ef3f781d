"""Objects written under a key of KMS: the key has to be there, enabled, and open to whoever writes and reads."""

import hashlib

from channel_programs import begin_program, pipe, result_of
from policies import allow, refusal
from xgboost_jobs import ended_job, training_request


def under(key_id):
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_id}


def told(answer):
    return answer["ServerSideEncryption"], answer["SSEKMSKeyId"]


def test_answers_name_the_keys_arn_however_it_was_named(s3, kms, key, bucket, fresh):
    made = key()
    name = f"alias/{fresh('alias')}"
    kms.create_alias(AliasName=name, TargetKeyId=made["KeyId"])
    for known_as in (made["KeyId"], made["Arn"], name):
        written = s3.put_object(Bucket=bucket, Key="k", Body=b"1", **under(known_as))
        assert told(written) == ("aws:kms", made["Arn"])
        read = s3.get_object(Bucket=bucket, Key="k")
        assert (told(read), read["Body"].read()) == (("aws:kms", made["Arn"]), b"1")
        assert told(s3.head_object(Bucket=bucket, Key="k")) == ("aws:kms", made["Arn"])
    kms.delete_alias(AliasName=name)


def test_the_buckets_key_is_the_default(s3, key, bucket):
    made = key()
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": made["KeyId"]}}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    assert told(s3.put_object(Bucket=bucket, Key="k", Body=b"1")) == ("aws:kms", made["Arn"])
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")
    assert told(upload) == ("aws:kms", made["Arn"])
    s3.abort_multipart_upload(Bucket=bucket, Key="parts", UploadId=upload["UploadId"])
    assert told(s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/k")) == ("aws:kms", made["Arn"])


def test_a_key_that_is_not_there_or_not_usable_is_refused(s3, kms, key, bucket):
    made = key()
    s3.put_object(Bucket=bucket, Key="k", Body=b"1", **under(made["KeyId"]))
    write = lambda key_id=made["KeyId"]: s3.put_object(Bucket=bucket, Key="k", Body=b"2", **under(key_id))  # noqa: E731
    assert refusal(lambda: write("missing")) == ("KMS.NotFoundException", "Invalid keyId 'missing'")
    read = lambda: s3.get_object(Bucket=bucket, Key="k")  # noqa: E731
    kms.disable_key(KeyId=made["KeyId"])
    for call in (write, read, lambda: s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/k")):
        assert refusal(call) == ("KMS.DisabledException", f"{made['Arn']} is disabled.")
    assert s3.head_object(Bucket=bucket, Key="k")["ContentLength"] == 1
    kms.schedule_key_deletion(KeyId=made["KeyId"], PendingWindowInDays=7)
    assert refusal(read) == ("KMS.KMSInvalidStateException", f"{made['Arn']} is pending deletion.")


def test_writing_needs_a_data_key_and_reading_needs_to_decrypt(s3, key, user, bucket):
    made = key()
    objects = allow(["s3:PutObject", "s3:GetObject"], f"arn:aws:s3:::{bucket}/*")
    _, neither = user(objects)
    _, writer = user(objects, allow("kms:GenerateDataKey", made["Arn"]))
    via_s3 = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    _, reader = user(objects, allow("kms:Decrypt", made["Arn"], Condition=via_s3))
    write = lambda clients: clients("s3").put_object(Bucket=bucket, Key="k", Body=b"1", **under(made["Arn"]))  # noqa: E731
    read = lambda clients: clients("s3").get_object(Bucket=bucket, Key="k")["Body"].read()  # noqa: E731
    write(writer)
    assert read(reader) == b"1"
    for call, action in [
        (lambda: write(neither), "kms:GenerateDataKey"),
        (lambda: write(reader), "kms:GenerateDataKey"),
        (lambda: read(writer), "kms:Decrypt"),
    ]:
        code, text = refusal(call)
        assert code == "AccessDenied"
        assert f"is not authorized to perform: {action} on resource: {made['Arn']}" in text
    s3.put_object(Bucket=bucket, Key="k", Body=b"1")
    assert read(neither) == b"1"


def test_a_job_writes_its_output_under_the_key_it_names(client, s3, kms, key, bucket, fresh):
    made = key()
    sagemaker = client("sagemaker")
    s3.put_object(Bucket=bucket, Key="train/a.csv", Body=b"1,2\n2,4\n3,6\n4,8\n", **under(made["KeyId"]))
    output = {"S3OutputPath": f"s3://{bucket}/models", "KmsKeyId": made["KeyId"]}

    def trained(name):
        hyperparameters = {"num_round": 2, "objective": "reg:linear"}
        sagemaker.create_training_job(**training_request(name, bucket, hyperparameters, OutputDataConfig=output))
        return ended_job(sagemaker, name)

    job = trained(fresh("sealed"))
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    path = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix(f"s3://{bucket}/")
    assert told(s3.head_object(Bucket=bucket, Key=path)) == ("aws:kms", made["Arn"])
    kms.disable_key(KeyId=made["KeyId"])
    job = trained(fresh("sealed"))
    assert job["TrainingJobStatus"] == "Failed"
    assert f"{made['Arn']} is disabled." in job["FailureReason"]


def test_a_fifo_gives_what_is_under_a_key(server, s3, key, bucket, fresh):
    """Of a row, of a file and of two parts: the process that feeds it opens them itself."""
    made, prefix = key(), fresh("sealed")
    bodies = {"a": b"0123456789", "b": b"file" * 50_000, "c": b"parts" * 2_400_000}
    for name in ("a", "b"):
        s3.put_object(Bucket=bucket, Key=f"{prefix}/{name}", Body=bodies[name], **under(made["KeyId"]))
    place = {"Bucket": bucket, "Key": f"{prefix}/c"}
    upload = s3.create_multipart_upload(**place, **under(made["KeyId"]))["UploadId"]
    cut, etags = 6 * 2**20, []
    for number, body in enumerate((bodies["c"][:cut], bodies["c"][cut:]), 1):
        etags.append(s3.upload_part(**place, UploadId=upload, PartNumber=number, Body=body)["ETag"])
    parts = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]
    s3.complete_multipart_upload(**place, UploadId=upload, MultipartUpload={"Parts": parts})
    name = fresh("fifo")
    program = """
data = read("train", 0)
result = {"size": len(data), "md5": hashlib.md5(data).hexdigest()}
"""
    begin_program(server, bucket, name, program, [pipe(bucket, f"{prefix}/")])
    whole = b"".join(bodies.values())
    assert result_of(server, bucket, name) == {"size": len(whole), "md5": hashlib.md5(whole).hexdigest()}
