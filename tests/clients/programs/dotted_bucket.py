"""A bucket with dots in its name, under every form of its virtual host. Arguments: its name. boto3 asks for such a
bucket by path; browsers, Hadoop and hard-coded addresses do not."""

import json
import sys

import boto3
import requests
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest

bucket = sys.argv[1]
session = boto3.Session(region_name="us-west-2")
s3 = session.client("s3")
s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
s3.put_object(Bucket=bucket, Key="k", Body=b"dots")


def fetch(host):
    request = AWSRequest("GET", f"https://{host}/k")
    S3SigV4QueryAuth(session.get_credentials().get_frozen_credentials(), "s3", "us-west-2").add_auth(request)
    return requests.get(request.prepare().url).text


forms = ["s3", "s3-us-west-2", "s3.us-west-2", "s3.dualstack.us-west-2", "s3-accelerate"]
answers = {form: fetch(f"{bucket}.{form}.amazonaws.com") for form in forms}
s3.delete_object(Bucket=bucket, Key="k")
s3.delete_bucket(Bucket=bucket)
print(json.dumps(answers))
