"""Browsers on pages of other origins: preflights, and the headers of answers, as AWS gave them to LocalStack."""

import xml.etree.ElementTree as ElementTree

import pytest
import urllib3

SITE = "https://app.example.com"
VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"
NOT_ALLOWED = (
    "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / "
    "Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec."
)


@pytest.fixture
def ask(server, bucket):
    """ask("OPTIONS", "/key", Origin=…): the answer of the bucket to somebody unsigned."""
    with urllib3.PoolManager() as pool:

        def call(method, path="/key", where=bucket, **headers):
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            return pool.request(method, f"{server.url}/{where}{path}", headers=given)

        yield call


def allow(s3, bucket, **rule):
    full = {"AllowedOrigins": [SITE], "AllowedMethods": ["GET", "PUT"], **rule}
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [full]})


def cors_headers(answer):
    return {
        name: value for name, value in answer.headers.items() if name.startswith("Access-Control") or name == "Vary"
    }


def error(answer):
    found = {child.tag: child.text for child in ElementTree.fromstring(answer.data)}
    found.pop("RequestId")
    return answer.status, found


def test_a_preflight_is_answered_by_the_buckets_rules(s3, bucket, ask):
    allow(s3, bucket, AllowedHeaders=["x-amz-*"], ExposeHeaders=["ETag"], MaxAgeSeconds=3000)
    asked = {"Access_Control_Request_Method": "PUT", "Access_Control_Request_Headers": "X-Amz-Acl,x-amz-meta-a"}
    answer = ask("OPTIONS", Origin=SITE, **asked)
    assert (answer.status, answer.data) == (200, b"")
    assert cors_headers(answer) == {
        "Access-Control-Allow-Origin": SITE,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Allow-Methods": "GET, PUT",
        "Access-Control-Allow-Headers": "x-amz-acl, x-amz-meta-a",
        "Access-Control-Expose-Headers": "ETag",
        "Access-Control-Max-Age": "3000",
        "Vary": VARY,
    }


def test_preflights_that_no_rule_lets_in_are_refused_with_the_reason(s3, bucket, ask):
    no_origin = {"Code": "BadRequest", "Message": "Insufficient information. Origin request header needed."}
    assert error(ask("OPTIONS")) == (400, no_origin)
    put = {"Origin": SITE, "Access_Control_Request_Method": "PUT"}
    forbidden = {"Code": "AccessForbidden", "Method": "PUT", "ResourceType": "BUCKET"}
    message = "CORSResponse: CORS is not enabled for this bucket."
    assert error(ask("OPTIONS", **put)) == (403, {**forbidden, "Message": message})
    message = "CORSResponse: Bucket not found"
    assert error(ask("OPTIONS", where="no-such-bucket", **put)) == (403, {**forbidden, "Message": message})
    allow(s3, bucket)
    on_object = {**forbidden, "Message": NOT_ALLOWED, "ResourceType": "OBJECT"}
    assert error(ask("OPTIONS", **{**put, "Origin": "http://app.example.com"})) == (403, on_object)
    delete = {**put, "Access_Control_Request_Method": "DELETE"}
    assert error(ask("OPTIONS", **delete)) == (403, {**on_object, "Method": "DELETE"})
    with_header = {**put, "Access_Control_Request_Headers": "x-amz-acl"}
    assert error(ask("OPTIONS", **with_header)) == (403, on_object)
    assert error(ask("OPTIONS", path="", **delete))[1]["ResourceType"] == "BUCKET"


def test_answers_carry_the_headers_and_who_is_not_let_in_gets_none(s3, bucket, server):
    allow(s3, bucket)
    s3.put_object(Bucket=bucket, Key="key", Body=b"for the page")
    address = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "key"})
    with urllib3.PoolManager() as pool:
        let_in = pool.request("GET", address, headers={"Origin": SITE})
        assert (let_in.status, let_in.data) == (200, b"for the page")
        assert cors_headers(let_in)["Access-Control-Allow-Origin"] == SITE
        stranger = pool.request("GET", address, headers={"Origin": "http://elsewhere"})
        assert (stranger.status, cors_headers(stranger)) == (200, {})
        missing = pool.request("GET", address.replace("/key?", "/none?"), headers={"Origin": SITE})
        assert missing.status == 403 and cors_headers(missing)["Access-Control-Allow-Origin"] == SITE
        other = pool.request("GET", address, headers={"Origin": SITE, "Access-Control-Request-Method": "DELETE"})
        assert (other.status, cors_headers(other)) == (200, {})
        address = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "put"})
        put = pool.request("PUT", address, body=b"from the page", headers={"Origin": SITE})
        assert put.status == 200 and cors_headers(put)["Access-Control-Allow-Methods"] == "GET, PUT"
    assert s3.get_object(Bucket=bucket, Key="put")["Body"].read() == b"from the page"


def test_a_virtual_host_names_the_bucket(s3, bucket, server):
    allow(s3, bucket, AllowedOrigins=["*"])
    headers = {"Host": f"{bucket}.s3.amazonaws.com", "Origin": "null", "Access-Control-Request-Method": "GET"}
    with urllib3.PoolManager() as pool:
        answer = pool.request("OPTIONS", f"{server.url}/a/b", headers=headers)
    assert answer.status == 200
    assert cors_headers(answer) == {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": "GET, PUT",
        "Vary": VARY,
    }


def test_calls_of_other_services_are_left_as_they_are(server, sagemaker):
    with urllib3.PoolManager() as pool:
        answer = pool.request(
            "POST", server.url, body=b"{}", headers={"Origin": SITE, "X-Amz-Target": "SageMaker.ListModels"}
        )
    assert answer.status == 400 and cors_headers(answer) == {}
