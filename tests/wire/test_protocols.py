"""Answers and error documents of each protocol, as boto3 and as they go over the line."""

import re

import pytest
from botocore.exceptions import ClientError
from signed import Request, form_call, json_call, send, sign

REQUEST_ID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")

#: One refusal of each kind and service: call, code, status, a word of the message.
REFUSALS = {
    "json": ("sagemaker", "describe_training_job", {"TrainingJobName": "none"}, 400, "ResourceNotFound"),
    "json with newer clients' names": (
        "logs",
        "delete_log_group",
        {"logGroupName": "/no"},
        400,
        "ResourceNotFoundException",
    ),
    "query": ("iam", "get_role", {"RoleName": "none"}, 404, "NoSuchEntity"),
    "rest-xml": ("s3", "get_object", {"Bucket": "no-such-bucket-here", "Key": "k"}, 404, "NoSuchBucket"),
    "not served": ("sagemaker", "list_clusters", {}, 501, "NotYetAvailable"),
    "not served, query": ("iam", "list_saml_providers", {}, 501, "NotYetAvailable"),
    "not served, cbor": ("cloudwatch", "describe_anomaly_detectors", {}, 501, "NotYetAvailable"),
    "not served, rest-xml": ("s3", "list_bucket_analytics_configurations", {"Bucket": "b"}, 501, "NotYetAvailable"),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_boto3_raises_the_error_with_its_code_status_and_request_id(client, what):
    service, method, parameters, status, code = REFUSALS[what]
    with pytest.raises(ClientError) as caught:
        getattr(client(service), method)(**parameters)
    response = caught.value.response
    assert (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
    assert response["Error"]["Message"]
    assert REQUEST_ID.fullmatch(response["ResponseMetadata"]["RequestId"])


def test_modelled_errors_are_raised_as_their_own_class(client):
    with pytest.raises(client("iam").exceptions.NoSuchEntityException):
        client("iam").get_role(RoleName="none")
    with pytest.raises(client("s3").exceptions.NoSuchBucket):
        client("s3").list_objects_v2(Bucket="no-such-bucket-here")


def test_documents_of_json(server):
    answer = send(server, sign(server, json_call("SageMaker.MakeCoffee"), "sagemaker"))
    assert (answer.status, answer.code) == (404, "UnknownOperationException")
    assert answer.headers["content-type"] == "application/x-amz-json-1.1"
    assert REQUEST_ID.fullmatch(answer.headers["x-amzn-requestid"])


def test_documents_of_query(server):
    answer = send(server, sign(server, form_call("Action=MakeCoffee&Version=2010-05-08"), "iam"))
    assert (answer.status, answer.code) == (400, "InvalidAction")
    assert answer.headers["content-type"] == "text/xml"
    text = answer.body.decode()
    shape = r'<ErrorResponse xmlns="https://iam\.amazonaws\.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>InvalidAction'
    assert re.match(shape, text)
    assert (
        re.search(r"</Error><RequestId>(.*)</RequestId></ErrorResponse>$", text)[1]
        == answer.headers["x-amzn-requestid"]
    )


def test_documents_of_s3(server):
    answer = send(server, sign(server, Request("GET", "/no-such-bucket-here/k?x=1", {}), "s3"))
    assert (answer.status, answer.code) == (404, "NoSuchBucket")
    text = answer.body.decode()
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchBucket</Code><Message>')
    request_id = answer.headers["x-amz-request-id"]
    assert f"<RequestId>{request_id}</RequestId><HostId>{answer.headers['x-amz-id-2']}</HostId></Error>" in text
    assert "<Resource>/no-such-bucket-here/k</Resource>" in text


def test_a_head_of_s3_has_an_error_without_a_document(server):
    answer = send(server, sign(server, Request("HEAD", "/no-such-bucket-here", {}), "s3"))
    assert (answer.status, answer.body) == (404, b"")


def test_cloudwatch_speaks_all_three_of_its_protocols(server):
    calls = {
        "query": form_call("Action=ListMetrics&Version=2010-08-01"),
        "json": json_call("GraniteServiceVersion20100801.ListMetrics"),
        "cbor": Request(
            "POST",
            "/service/GraniteServiceVersion20100801/operation/ListMetrics",
            {"smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"},
            b"\xa0",
        ),
    }
    types = {"query": "text/xml", "json": "application/x-amz-json-1.0", "cbor": "application/cbor"}
    for protocol, call in calls.items():
        answer = send(server, sign(server, call, "monitoring"))
        assert (answer.status, answer.headers["content-type"]) == (200, types[protocol]), protocol


def test_errors_of_a_query_compatible_service_keep_their_old_code(server):
    call = json_call("GraniteServiceVersion20100801.GetMetricStatistics", {"Namespace": "n"})
    answer = send(server, sign(server, call, "monitoring"))
    assert answer.status == 400
    assert answer.headers["x-amzn-query-error"].endswith(";Sender")


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("{bucket}.s3.amazonaws.com", "/a%20key"),
        ("{bucket}.s3.eu-west-1.amazonaws.com", "/a%20key"),
        ("{bucket}.s3.localhost:8000", "/a%20key"),
        ("{bucket}.localhost", "/a%20key"),
        ("s3.us-east-1.amazonaws.com", "/{bucket}/a%20key"),
        ("localhost", "/{bucket}/a%20key"),
    ],
)
def test_buckets_are_found_in_the_host_and_in_the_path(server, client, bucket, host, path):
    client("s3").put_object(Bucket=bucket, Key="a key", Body=b"found")
    name = host.format(bucket=bucket)
    call = Request("GET", path.format(bucket=bucket), {"Host": name})
    assert send(server, sign(server, call, "s3")).body == b"found"


@pytest.mark.parametrize(
    ("service", "operation", "error"),
    [
        ("dynamodb", "list_tables", ("UnknownOperationException", 404)),
        ("lambda", "list_functions", ("UnknownOperationException", 404)),
        ("ses", "list_identities", ("InvalidAction", 400)),
    ],
)
def test_services_that_are_not_served_say_so_in_their_protocol(client, service, operation, error):
    with pytest.raises(ClientError) as caught:
        getattr(client(service), operation)()
    found = caught.value.response
    assert (found["Error"]["Code"], found["ResponseMetadata"]["HTTPStatusCode"]) == error
    assert found["Error"]["Message"] == f"This server does not serve {service}."


def test_an_anonymous_call_is_refused_in_the_service_of_its_host(server, bucket):
    call = json_call("SageMaker.ListTrainingJobs")
    assert send(server, call).code == "MissingAuthenticationTokenException"
    assert send(server, Request("GET", f"/{bucket}/key", {})).code == "AccessDenied"
    iam = form_call("Action=ListRoles")
    iam.headers["Host"] = "iam.amazonaws.com"
    assert send(server, iam).code == "MissingAuthenticationToken"


def test_a_caller_without_permission_is_told_what_it_lacks(server, client, fresh):
    iam = client("iam")
    user = fresh("user")
    arn = iam.create_user(UserName=user)["User"]["Arn"]
    key = iam.create_access_key(UserName=user)["AccessKey"]
    keys = key["AccessKeyId"], key["SecretAccessKey"]
    try:
        for service, method, action, code, status in [
            ("sagemaker", "list_training_jobs", "sagemaker:ListTrainingJobs", "AccessDeniedException", 400),
            ("iam", "list_roles", "iam:ListRoles", "AccessDenied", 403),
            ("s3", "list_buckets", "s3:ListAllMyBuckets", "AccessDenied", 403),
        ]:
            boto = server.client(service, keys=keys)
            with pytest.raises(ClientError) as caught:
                getattr(boto, method)()
            error = caught.value.response
            assert (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
            assert f"User: {arn} is not authorized to perform: {action} " in error["Error"]["Message"]
            assert f"because no identity-based policy allows the {action} action" in error["Error"]["Message"]
    finally:
        iam.delete_access_key(UserName=user, AccessKeyId=keys[0])
        iam.delete_user(UserName=user)
