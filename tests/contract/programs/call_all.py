"""Makes the calls of a JSON file, {operation: input}, by whatever boto3 runs this, and prints how each was answered:
python call_all.py URL ACCESS_KEY SECRET_KEY REGION FILE
"""

import datetime
import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

TIMES = ("CreationTime", "LastModifiedTime", "Created", "Scheduled", "CreateDate")


def main(url, access, secret, region, path):
    session = boto3.Session(access, secret, region_name=region)
    sagemaker = session.client("sagemaker", endpoint_url=url, config=Config(retries={"max_attempts": 0}))
    with open(path) as file:  # noqa: PTH123
        calls = json.load(file)
    answers = {}
    for operation, given in calls:
        try:
            answer = sagemaker._make_api_call(operation, with_times(given))
            answer.pop("ResponseMetadata")
            answers[operation] = [200, None, json.dumps(answer, default=str)]
        except ClientError as error:
            told = error.response["Error"]
            answers[operation] = [error.response["ResponseMetadata"]["HTTPStatusCode"], told["Code"], told["Message"]]
    print(json.dumps(answers))


def with_times(given):
    return {
        key: datetime.datetime.fromtimestamp(value, datetime.timezone.utc) if key.startswith(TIMES) else value  # noqa: UP017
        for key, value in given.items()
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
