"""Programs without an endpoint reach the server under the names of AWS, by HTTPS_PROXY and the authorities alone."""

import boto3
import pytest
from botocore.config import Config
from policies import allow, policy, refusal
from server_process import ACCOUNT, ROLE

ANSWERS = {
    "caller": f"arn:aws:sts::{ACCOUNT}:assumed-role/SageMakerRole/local",
    "caller in China": f"arn:aws:sts::{ACCOUNT}:assumed-role/SageMakerRole/local",
    "object": 250_000,
    "training jobs": [],
    "invocation": "ValidationError",
    "human loops": "NotYetAvailable",
    "role": "SageMakerRole",
    "log groups": [],
    "metrics": [],
}


@pytest.mark.parametrize("environment", ["test", "sagemaker-2020"])
def test_boto3_of_today_and_of_2020_reach_each_service_under_its_own_name(run_program, fresh, environment):
    bucket = fresh("bucket")
    result = run_program("calls.py", environment, bucket)
    assert result["answers"] == ANSWERS
    assert {
        "sts.cn-north-1.amazonaws.com.cn",
        f"{bucket}.s3.amazonaws.com",
        "api.sagemaker.us-east-1.amazonaws.com",
        "runtime.sagemaker.us-east-1.amazonaws.com",
        "a2i-runtime.sagemaker.us-east-1.amazonaws.com",
        "iam.amazonaws.com",
        "logs.us-east-1.amazonaws.com",
        "monitoring.us-east-1.amazonaws.com",
    } <= set(result["hosts"])


def test_a_bucket_with_dots_in_its_name_has_a_certificate_under_every_form_of_its_virtual_host(run_program, fresh):
    forms = ["s3", "s3-us-west-2", "s3.us-west-2", "s3.dualstack.us-west-2", "s3-accelerate"]
    assert run_program("dotted_bucket.py", "sagemaker-2", fresh("my.dotted.bucket")) == dict.fromkeys(forms, "dots")


def test_requests_fetches_an_address_that_boto3_has_presigned(run_program, fresh):
    bucket = fresh("bucket")
    result = run_program("presigned.py", "sagemaker-2", bucket)
    assert result == {"address": f"https://{bucket}.s3.amazonaws.com/k", "text": "signed in the address"}


@pytest.mark.parametrize(
    ("environment", "version"), [("sagemaker-1", "1.72.0"), ("sagemaker-2020", "2.14.0"), ("sagemaker-2", "2.257.6")]
)
def test_a_notebook_of_the_sagemaker_sdk_finds_its_bucket_and_its_role(run_program, environment, version):
    result = run_program("session.py", environment)
    assert result == {"version": version, "bucket": f"sagemaker-us-east-1-{ACCOUNT}", "role": ROLE}


def test_policies_see_whether_a_call_came_by_tls_and_from_where(server, client, fresh):
    name = fresh("user")
    iam = client("iam")
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    by_tls = {"Bool": {"aws:SecureTransport": "true"}, "IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}
    document = policy(allow("s3:ListAllMyBuckets", Condition=by_tls))
    iam.put_user_policy(UserName=name, PolicyName="given", PolicyDocument=document)
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    authority = str(server.folder / "tls/ca.pem")
    secure = server.url.replace("http://", "https://")
    proxied = Config(proxies={"https": server.url})
    plain = boto3.client("s3", region_name="us-east-1", endpoint_url=server.url, **keys)
    direct = boto3.client("s3", region_name="us-east-1", endpoint_url=secure, verify=authority, **keys)
    by_name = boto3.client("s3", region_name="us-east-1", verify=authority, config=proxied, **keys)
    assert refusal(plain.list_buckets)[0] == "AccessDenied"
    assert "Buckets" in direct.list_buckets()
    assert "Buckets" in by_name.list_buckets()
    iam.delete_user_policy(UserName=name, PolicyName="given")
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName=name)
