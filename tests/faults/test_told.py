"""What is told of an endpoint that is deleted and made again, while the server is killed: each state of each, once."""

import json
import random
import time
from collections import defaultdict

import pytest
from botocore.exceptions import ClientError
from long_cases import cases
from server_process import wait_until
from xgboost_jobs import create_model, settled_endpoint

SEED = 2020
GROUP = "/aws/events/endpoints"
GROUP_ARN = f"arn:aws:logs:us-east-1:123456789012:log-group:{GROUP}"
STATES = ("CREATING", "FAILED", "DELETING", "DELETED")
#: Longer than an endpoint takes that has nothing to end.
LONGEST_SECONDS = 0.2


@pytest.fixture
def prepared(own_server):
    """A server whose endpoints fail at once, for their model is none, and are told of to a log group."""
    server = own_server()
    s3, sagemaker, events = (server.client(service) for service in ("s3", "sagemaker", "events"))
    s3.create_bucket(Bucket="told")
    s3.put_object(Bucket="told", Key="model.tar.gz", Body=b"<html>")
    create_model(sagemaker, "none", "s3://told/model.tar.gz")
    variant = {"VariantName": "all", "ModelName": "none", "InitialInstanceCount": 1, "InstanceType": "ml.t2.medium"}
    sagemaker.create_endpoint_config(EndpointConfigName="none", ProductionVariants=[variant])
    server.client("logs").create_log_group(logGroupName=GROUP)
    pattern = {"source": ["aws.sagemaker"], "detail-type": ["SageMaker Endpoint State Change"]}
    events.put_rule(Name="endpoints", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="endpoints", Targets=[{"Id": "1", "Arn": GROUP_ARN}])
    return server


def made_again(server):
    """Makes the endpoint as soon as the one before it is gone: when it was made, in milliseconds since 1970."""
    sagemaker = server.client("sagemaker")

    def make():
        try:
            return sagemaker.create_endpoint(EndpointName="again", EndpointConfigName="none")
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ValidationException"
            return None

    wait_until(make, 30, "the endpoint before is gone")
    return round(settled_endpoint(sagemaker, "again")["CreationTime"].timestamp() * 1000)


@pytest.mark.parametrize("rounds", cases(8, long=(60,)))
def test_an_endpoint_that_is_made_again_is_told_of_like_the_one_before(prepared, rounds):
    server, dice, made = prepared, random.Random(SEED), []
    for number in range(rounds):
        made.append(made_again(server))
        server.client("sagemaker").delete_endpoint(EndpointName="again")
        if number % 2 == 0:
            time.sleep(dice.uniform(0, LONGEST_SECONDS))  # the moment of the crash is what is random here
            server.kill()
            server.start()

    def told():
        found = ids_told(server)
        return found if sum(state == "DELETED" for _, state in found) == rounds else None

    found = wait_until(told, 60, f"{rounds} endpoints are told of to their end")
    assert {told: len(ids) for told, ids in found.items()} == {(when, state): 1 for when in made for state in STATES}


def ids_told(server):
    """Ids by the endpoint's creation and status. A line is there twice where a kill came after its delivery."""
    ids = defaultdict(set)
    for page in server.client("logs").get_paginator("filter_log_events").paginate(logGroupName=GROUP):
        for line in page["events"]:
            event = json.loads(line["message"])
            ids[event["detail"]["CreationTime"], event["detail"]["EndpointStatus"]].add(event["id"])
    return ids
