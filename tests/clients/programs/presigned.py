"""A presigned address, fetched with requests. Arguments: a new bucket's name."""

import json
import sys

import boto3
import requests

bucket = sys.argv[1]
s3 = boto3.client("s3")
s3.create_bucket(Bucket=bucket)
s3.put_object(Bucket=bucket, Key="k", Body=b"signed in the address")
address = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
text = requests.get(address).text
s3.delete_object(Bucket=bucket, Key="k")
s3.delete_bucket(Bucket=bucket)
print(json.dumps({"address": address.split("?")[0], "text": text}))
