"""Keys that are named for volumes have to be there, and open to who creates what would use them, or to its role."""

import json

import pytest
from policies import allow, policy, refusal
from processing_jobs import cluster, processing_request
from server_process import ROLE
from users import remove_policies
from xgboost_jobs import IMAGE, ended_job, training_request

UNKNOWN = "11111111-2222-3333-4444-555555555555"
OTHER_ACCOUNT = f"arn:aws:kms:us-east-1:210987654321:key/{UNKNOWN}"
NOT_THERE = f"Key 'arn:aws:kms:us-east-1:123456789012:key/{UNKNOWN}' does not exist"


def training(client, bucket, name, key_id, kind="ml.m5.large", role=ROLE):
    resources = {"InstanceType": kind, "InstanceCount": 1, "VolumeSizeInGB": 1, "VolumeKmsKeyId": key_id}
    request = training_request(name, bucket, {"num_round": 1}, ResourceConfig=resources, RoleArn=role)
    client("sagemaker").create_training_job(**request)


def processing(client, bucket, name, key_id, kind="ml.m5.large", role=ROLE):
    resources = {"ClusterConfig": {**cluster(kind=kind)["ClusterConfig"], "VolumeKmsKeyId": key_id}}
    request = processing_request(client("s3"), bucket, name, "pass", ProcessingResources=resources, RoleArn=role)
    client("sagemaker").create_processing_job(**request)


def transform(client, bucket, name, key_id, kind="ml.m5.large", role=ROLE):
    sagemaker = client("sagemaker")
    client("s3").put_object(Bucket=bucket, Key="m.tar.gz", Body=b"")
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{bucket}/m.tar.gz"}
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=role, PrimaryContainer=container)
    sagemaker.create_transform_job(
        TransformJobName=name,
        ModelName=name,
        TransformInput={"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/in"}}},
        TransformOutput={"S3OutputPath": f"s3://{bucket}/out"},
        TransformResources={"InstanceType": kind, "InstanceCount": 1, "VolumeKmsKeyId": key_id},
    )


def endpoint(client, bucket, name, key_id, kind="ml.m5.large", role=ROLE):
    sagemaker = client("sagemaker")
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=role, PrimaryContainer={"Image": IMAGE})
    variant = {"VariantName": "all", "ModelName": name, "InstanceType": kind, "InitialInstanceCount": 1}
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant], KmsKeyId=key_id)
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)


CREATORS = {
    "ResourceConfig.VolumeKmsKeyId": training,
    "ProcessingResources.ClusterConfig.VolumeKmsKeyId": processing,
    "TransformResources.VolumeKmsKeyId": transform,
    "KmsKeyId": endpoint,
}


@pytest.fixture
def bare_role(client, fresh):
    """bare_role(allow(…)) makes a role for SageMaker that may do only that."""
    iam, made = client("iam"), []

    def make(*statements):
        made.append(fresh("Bare"))
        trusted = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
        arn = iam.create_role(RoleName=made[-1], AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        iam.put_role_policy(RoleName=made[-1], PolicyName="given", PolicyDocument=policy(*statements))
        return arn

    yield make
    for name in made:
        remove_policies(iam, "Role", name)
        iam.delete_role(RoleName=name)


@pytest.mark.parametrize("member", CREATORS)
def test_a_key_that_cannot_be_used_is_refused(client, kms, key, bucket, fresh, member):
    create = CREATORS[member]
    made = key()["KeyId"]
    kms.disable_key(KeyId=made)
    for key_id, text in {
        UNKNOWN: NOT_THERE,
        "alias/nowhere": "Alias arn:aws:kms:us-east-1:123456789012:alias/nowhere is not found.",
        OTHER_ACCOUNT: f"Key '{OTHER_ACCOUNT}' does not exist",
        made: f"arn:aws:kms:us-east-1:123456789012:key/{made} is disabled.",
    }.items():
        refused = refusal(lambda key_id=key_id: create(client, bucket, fresh("volume"), key_id))
        assert refused == ("ValidationException", f"{member}: {text}")
    code, text = refusal(lambda: create(client, bucket, fresh("volume"), made, kind="ml.g4dn.xlarge"))
    assert (code, text.startswith(f"{member} cannot be given for ml.g4dn.xlarge")) == ("ValidationException", True)


@pytest.mark.parametrize("member", CREATORS)
def test_the_caller_or_the_role_has_to_be_allowed_to_hand_it_out(user, key, bare_role, bucket, fresh, member):
    made = key()["Arn"]
    others = allow(["s3:*", "sagemaker:*", "iam:PassRole"])
    _, neither = user(others)
    role = bare_role(allow("s3:*"))
    code, text = refusal(lambda: CREATORS[member](neither, bucket, fresh("volume"), made, role=role))
    assert code == "AccessDeniedException"
    assert f"is not authorized to perform: kms:CreateGrant on resource: {made}" in text


def test_it_may_be_either_of_them_and_any_name_of_the_key(client, user, kms, key, bare_role, bucket, fresh):
    made, alias = key(), f"alias/{fresh('volume')}"
    kms.create_alias(AliasName=alias, TargetKeyId=made["KeyId"])
    for_aws = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    hand_out = allow("kms:CreateGrant", made["Arn"], Condition=for_aws)
    others = allow(["s3:*", "sagemaker:*", "iam:PassRole"])
    role, able = bare_role(allow("s3:*")), bare_role(allow("s3:*"), hand_out)
    sagemaker = client("sagemaker")
    names = [made["KeyId"], made["Arn"], alias, f"arn:aws:kms:us-east-1:123456789012:{alias}", "alias/aws/sagemaker"]
    _, caller = user(others, hand_out, allow("kms:CreateGrant", "*", Condition=for_aws))
    for key_id in names:
        name = fresh("volume")
        training(caller, bucket, name, key_id, role=role)
        assert ended_job(sagemaker, name)["ResourceConfig"]["VolumeKmsKeyId"] == key_id
    _, caller = user(others)
    training(caller, bucket, fresh("volume"), made["Arn"], role=able)
    kms.delete_alias(AliasName=alias)


def test_policies_can_ask_for_keys(user, key, bucket, fresh):
    made = key()["Arn"]
    wanted = {"StringEquals": {"sagemaker:VolumeKmsKey": made}}
    _, caller = user(allow(["s3:*", "iam:PassRole", "kms:*"]), allow("sagemaker:*", Condition=wanted))
    training(caller, bucket, fresh("volume"), made)
    for other in (key()["Arn"], "alias/aws/sagemaker"):
        code, text = refusal(lambda other=other: training(caller, bucket, fresh("volume"), other))
        assert (code, "sagemaker:CreateTrainingJob" in text) == ("AccessDeniedException", True)
