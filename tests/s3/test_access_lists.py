"""Access control lists: who is let in, who owns what is written, and what the settings of a bucket leave of both."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore import UNSIGNED
from botocore.exceptions import ClientError
from policies import allow, policy
from server_process import ACCOUNT, server_of_two_accounts

OTHER = "210987654321"
GROUPS = "http://acs.amazonaws.com/groups"
EVERYONE, AUTHENTICATED = f"{GROUPS}/global/AllUsers", f"{GROUPS}/global/AuthenticatedUsers"
LOGS = f"{GROUPS}/s3/LogDelivery"


@pytest.fixture(scope="module")
def callers():
    """S3 clients on a server of two accounts: `owner`, `stranger` (root of the other one) and `nobody`."""
    with server_of_two_accounts(OTHER, ACCOUNT) as (server, keys):
        yield {
            "owner": server.client("s3"),
            "stranger": server.client("s3", keys=keys),
            "nobody": server.client("s3", signature_version=UNSIGNED),
        }


@pytest.fixture
def owner(callers):
    return callers["owner"]


@pytest.fixture
def ids(callers):
    return {name: callers[name].list_buckets()["Owner"]["ID"] for name in ("owner", "stranger")}


@pytest.fixture
def name(owner, fresh):
    """A bucket of the owner."""
    bucket = fresh("lists")
    owner.create_bucket(Bucket=bucket)
    return bucket


def code(call, **parameters):
    """The error's code, or nothing when there is none."""
    try:
        call(**parameters)
    except ClientError as failure:
        return failure.response["Error"]["Code"]
    return None


CALLS = {
    "get": lambda s3, name: code(s3.get_object, Bucket=name, Key="a"),
    "get_missing": lambda s3, name: code(s3.get_object, Bucket=name, Key="missing"),
    "list": lambda s3, name: code(s3.list_objects_v2, Bucket=name),
    "put": lambda s3, name: code(s3.put_object, Bucket=name, Key="new", Body=b"1"),
    "delete": lambda s3, name: code(s3.delete_object, Bucket=name, Key="none"),
    "bucket_acl": lambda s3, name: code(s3.get_bucket_acl, Bucket=name),
    "object_acl": lambda s3, name: code(s3.get_object_acl, Bucket=name, Key="a"),
}

#: (list of the bucket, list of the object) → what a stranger with every right at home may do, and what nobody may do.
OPENED = {
    "nothing is said": ({}, {}, "", ""),
    "the bucket may be read": ({"ACL": "public-read"}, {}, "list get_missing", "list get_missing"),
    "the object may be read": ({}, {"ACL": "public-read"}, "get", "get"),
    "the bucket may be written": (
        {"ACL": "public-read-write"},
        {},
        "list get_missing put delete",
        "list get_missing put delete",
    ),
    "whoever signs may read": (
        {"ACL": "authenticated-read"},
        {"ACL": "authenticated-read"},
        "list get_missing get",
        "",
    ),
    "the stranger may read": (
        {"GrantRead": 'id="{stranger}"'},
        {"GrantRead": 'id="{stranger}"'},
        "list get_missing get",
        "",
    ),
    "the stranger may read lists": (
        {"GrantReadACP": 'id="{stranger}"'},
        {"GrantReadACP": 'id="{stranger}"'},
        "bucket_acl object_acl",
        "",
    ),
    "the stranger may do all": (
        {"GrantFullControl": 'id="{stranger}"'},
        {"GrantFullControl": 'id="{stranger}"'},
        "list get_missing put delete get bucket_acl object_acl",
        "",
    ),
    "another may read": ({"GrantRead": 'id="{owner}"'}, {"ACL": "aws-exec-read"}, "", ""),
}


def filled(asked, ids):
    return {member: value.format(**ids) for member, value in asked.items()}


@pytest.mark.parametrize("row", OPENED.values(), ids=OPENED)
def test_lists_let_in_whom_they_name(callers, owner, ids, name, row):
    of_bucket, of_object, stranger, nobody = row
    owner.put_object(Bucket=name, Key="a", Body=b"1", **filled(of_object, ids))
    if of_bucket:
        owner.put_bucket_acl(Bucket=name, **filled(of_bucket, ids))
    answers = {who: {call: CALLS[call](callers[who], name) for call in CALLS} for who in ("stranger", "nobody")}
    for who, allowed in (("stranger", stranger.split()), ("nobody", nobody.split())):
        expected = {call: None if call in allowed else "AccessDenied" for call in CALLS}
        if "get_missing" in allowed:
            expected["get_missing"] = "NoSuchKey"
        assert answers[who] == expected, who


def test_a_deny_wins_over_a_list(callers, owner, name):
    owner.put_object(Bucket=name, Key="a", Body=b"1", ACL="public-read")
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}/*"}
    owner.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert code(callers["nobody"].get_object, Bucket=name, Key="a") == "AccessDenied"


def test_a_bucket_policy_opens_to_callers_without_a_signature(callers, owner, name):
    owner.put_object(Bucket=name, Key="a", Body=b"1")
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}/*"}
    owner.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert callers["nobody"].get_object(Bucket=name, Key="a")["Body"].read() == b"1"
    assert owner.get_bucket_policy_status(Bucket=name)["PolicyStatus"] == {"IsPublic": True}
    block = {"RestrictPublicBuckets": True}
    owner.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)
    assert code(callers["nobody"].get_object, Bucket=name, Key="a") == "AccessDenied"
    assert owner.get_object(Bucket=name, Key="a")["Body"].read() == b"1"


def test_public_access_is_blocked(callers, owner, name):
    nobody = callers["nobody"]
    owner.put_object(Bucket=name, Key="a", Body=b"1", ACL="public-read")
    owner.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    assert code(owner.put_object, Bucket=name, Key="b", Body=b"1", ACL="authenticated-read") == "AccessDenied"
    assert code(owner.put_object_acl, Bucket=name, Key="a", ACL="public-read-write") == "AccessDenied"
    assert code(owner.put_bucket_acl, Bucket=name, GrantRead=f'uri="{EVERYONE}"') == "AccessDenied"
    assert code(nobody.get_object, Bucket=name, Key="a") is None
    owner.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration={"IgnorePublicAcls": True})
    assert code(nobody.get_object, Bucket=name, Key="a") == "AccessDenied"
    shown = owner.get_object_acl(Bucket=name, Key="a")["Grants"]
    assert [grant["Permission"] for grant in shown] == ["FULL_CONTROL"]
    owner.put_object_acl(Bucket=name, Key="a", ACL="public-read")
    owner.delete_public_access_block(Bucket=name)
    assert code(nobody.get_object, Bucket=name, Key="a") is None


def test_whoever_writes_owns_unless_the_bucket_says_otherwise(callers, owner, ids, fresh):
    stranger = callers["stranger"]
    found = {}
    for ownership in ("ObjectWriter", "BucketOwnerPreferred", "BucketOwnerEnforced"):
        bucket = fresh("owned")
        owner.create_bucket(Bucket=bucket, ObjectOwnership=ownership)
        statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{bucket}/*"}
        owner.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
        stranger.put_object(Bucket=bucket, Key="plain", Body=b"1")
        stranger.put_object(Bucket=bucket, Key="given", Body=b"1", ACL="bucket-owner-full-control")
        names = {value: key for key, value in ids.items()}
        listed = owner.list_objects(Bucket=bucket)["Contents"]
        found[ownership] = {
            one["Key"]: (names[one["Owner"]["ID"]], code(owner.get_object, Bucket=bucket, Key=one["Key"]))
            for one in listed
        }
    assert found == {
        "ObjectWriter": {"plain": ("stranger", "AccessDenied"), "given": ("stranger", None)},
        "BucketOwnerPreferred": {"plain": ("stranger", "AccessDenied"), "given": ("owner", None)},
        "BucketOwnerEnforced": {"plain": ("owner", None), "given": ("owner", None)},
    }
    assert code(owner.delete_object, Bucket=bucket, Key="plain") is None


def test_a_bucket_whose_owner_owns_all_takes_no_lists(callers, owner, name):
    enforced = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    owner.put_object(Bucket=name, Key="a", Body=b"1", ACL="public-read")
    owner.put_bucket_acl(Bucket=name, ACL="public-read")
    with_list = code(owner.put_bucket_ownership_controls, Bucket=name, OwnershipControls=enforced)
    assert with_list == "InvalidBucketAclWithObjectOwnership"
    owner.put_bucket_acl(Bucket=name, ACL="private")
    owner.put_bucket_ownership_controls(Bucket=name, OwnershipControls=enforced)
    assert code(callers["nobody"].get_object, Bucket=name, Key="a") == "AccessDenied"
    for call in (
        lambda: code(owner.put_object, Bucket=name, Key="b", Body=b"", ACL="public-read"),
        lambda: code(owner.put_object_acl, Bucket=name, Key="a", ACL="private"),
        lambda: code(owner.put_bucket_acl, Bucket=name, ACL="public-read"),
    ):
        assert call() == "AccessControlListNotSupported"
    owner.put_object(Bucket=name, Key="b", Body=b"", ACL="bucket-owner-full-control")
    shown = owner.get_object_acl(Bucket=name, Key="a")
    assert [grant["Permission"] for grant in shown["Grants"]] == ["FULL_CONTROL"]
    owner.delete_bucket_ownership_controls(Bucket=name)
    assert code(callers["nobody"].get_object, Bucket=name, Key="a") is None


#: As AWS refused them (LocalStack, test_s3_bucket_acl_exceptions); `{owner}` is the owner's id.
REFUSED = {
    "a canned list nobody knows": ({"ACL": "fake-acl"}, "InvalidArgument", None),
    "a group nobody knows": ({"GrantWrite": f'uri="{GROUPS}/s3/FakeGroup"'}, "InvalidArgument", "Invalid group uri"),
    "a kind nobody knows": ({"GrantWrite": 'fakekey="1234"'}, "InvalidArgument", "Argument format not recognized"),
    "an id that is none": ({"GrantWrite": 'id="wrong-id"'}, "InvalidArgument", "Invalid id"),
    "an address": ({"GrantRead": 'emailAddress="a@example.com"'}, "MethodNotAllowed", None),
    "no list at all": ({}, "MissingSecurityHeader", "Your request was missing a required header"),
    "two kinds of header": (
        {"ACL": "private", "GrantRead": f'uri="{LOGS}"'},
        "InvalidRequest",
        "Specifying both Canned ACLs and Header Grants is not allowed",
    ),
    "a header and a document": (
        {"ACL": "private", "AccessControlPolicy": {"Owner": {"ID": "{owner}"}, "Grants": []}},
        "UnexpectedContent",
        "This request does not support content",
    ),
    "a document without an owner": ({"AccessControlPolicy": {"Grants": []}}, "MalformedACLError", None),
    "an empty document": ({"AccessControlPolicy": {}}, "MalformedACLError", None),
    "an owner that is none": (
        {"AccessControlPolicy": {"Owner": {"ID": "wrong-id"}, "Grants": []}},
        "InvalidArgument",
        "Invalid id",
    ),
    "a grantee of no kind": (
        {
            "AccessControlPolicy": {
                "Owner": {"ID": "{owner}"},
                "Grants": [{"Grantee": {"Type": "BadType", "ID": "x"}, "Permission": "READ"}],
            }
        },
        "MalformedACLError",
        None,
    ),
}


@pytest.mark.parametrize("row", REFUSED.values(), ids=REFUSED)
def test_lists_that_are_none_are_refused(owner, ids, name, row):
    asked, expected, message = row
    asked = json.loads(json.dumps(asked).replace("{owner}", ids["owner"]))
    owner.put_object(Bucket=name, Key="a", Body=b"")
    for call in (
        lambda: owner.put_bucket_acl(Bucket=name, **asked),
        lambda: owner.put_object_acl(Bucket=name, Key="a", **asked),
    ):
        with pytest.raises(ClientError) as failure:
            call()
        error = failure.value.response["Error"]
        assert (error["Code"], message or error["Message"]) == (expected, error["Message"])


def test_lists_are_shown_as_they_were_given(owner, ids, name):
    mine = {"Type": "CanonicalUser", "ID": ids["owner"], "DisplayName": "123456789012"}
    given = [
        {"Grantee": mine, "Permission": "FULL_CONTROL"},
        {"Grantee": {"Type": "CanonicalUser", "ID": ids["stranger"]}, "Permission": "WRITE_ACP"},
        {"Grantee": {"Type": "Group", "URI": AUTHENTICATED}, "Permission": "READ"},
    ]
    policy = {"Owner": {"ID": ids["owner"]}, "Grants": given}
    owner.put_bucket_acl(Bucket=name, AccessControlPolicy=policy)
    assert owner.get_bucket_acl(Bucket=name)["Grants"] == given
    owner.put_object(Bucket=name, Key="a", Body=b"", GrantRead=f'uri="{EVERYONE}", id="{ids["owner"]}"')
    assert owner.get_object_acl(Bucket=name, Key="a")["Grants"] == [
        {"Grantee": {"Type": "Group", "URI": EVERYONE}, "Permission": "READ"},
        {"Grantee": mine, "Permission": "READ"},
    ]


def test_keys_of_kms_answer_to_nobody_who_did_not_sign(callers, owner, name):
    nobody = callers["nobody"]
    owner.put_bucket_acl(Bucket=name, ACL="public-read-write")
    owner.put_object(Bucket=name, Key="sealed", Body=b"1", ServerSideEncryption="aws:kms", ACL="public-read")
    assert code(nobody.get_object, Bucket=name, Key="sealed") == "InvalidArgument"
    assert code(nobody.put_object, Bucket=name, Key="b", Body=b"1", ServerSideEncryption="aws:kms") == "InvalidArgument"
    kms = {"SSEAlgorithm": "aws:kms"}
    owner.put_bucket_encryption(
        Bucket=name,
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": kms}]},
    )
    assert code(nobody.put_object, Bucket=name, Key="b", Body=b"1") == "InvalidArgument"
    assert code(owner.head_object, Bucket=name, Key="b") == "404"


def test_a_private_object_is_private_from_its_first_moment(callers, owner, name):
    """Also where the list of the bucket tells everyone that there is none, or where an open one was before."""
    nobody, over = callers["nobody"], threading.Event()
    owner.put_bucket_acl(Bucket=name, ACL="public-read")

    def ask():
        seen = set()
        while not over.is_set():
            try:
                seen.add(nobody.get_object(Bucket=name, Key="a")["Body"].read())
            except ClientError as failure:
                seen.add(failure.response["Error"]["Code"])
        return seen

    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask) for _ in range(4)]
        for _ in range(50):
            owner.put_object(Bucket=name, Key="a", Body=b"private")
            owner.put_object(Bucket=name, Key="a", Body=b"open", ACL="public-read")
            owner.put_object(Bucket=name, Key="a", Body=b"private")
            owner.delete_object(Bucket=name, Key="a")
        over.set()
        assert set().union(*(one.result() for one in asked)) <= {"NoSuchKey", "AccessDenied", b"open"}


def test_what_is_told_of_an_object_is_told_of_the_one_that_was_asked_about(callers, owner, name):
    nobody, over = callers["nobody"], threading.Event()
    is_open = {"StringEquals": {"s3:ExistingObjectTag/open": "yes"}}
    tags = allow("s3:GetObjectTagging", f"arn:aws:s3:::{name}/*", Principal="*", Condition=is_open)
    owner.put_bucket_policy(Bucket=name, Policy=policy(tags))

    def tag():
        return nobody.get_object_tagging(Bucket=name, Key="a")["TagSet"][0]["Value"]

    def listed():
        grants = nobody.get_object_acl(Bucket=name, Key="a")["Grants"]
        return any(grant["Grantee"].get("URI") == EVERYONE for grant in grants)

    def ask():
        seen = set()
        while not over.is_set():
            for call in (tag, listed):
                try:
                    seen.add(call())
                except ClientError as failure:
                    seen.add(failure.response["Error"]["Code"])
        return seen

    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask) for _ in range(4)]
        for _ in range(100):
            owner.put_object(Bucket=name, Key="a", Body=b"closed", Tagging="open=no")
            owner.put_object(Bucket=name, Key="a", Body=b"open", Tagging="open=yes", GrantReadACP=f"uri={EVERYONE}")
        over.set()
        assert set().union(*(one.result() for one in asked)) <= {"AccessDenied", "yes", True}
