"""Who may do what: identity policies, bucket policies, and what is told to whom."""

import json

import pytest
from botocore import UNSIGNED
from botocore.exceptions import ClientError

ACCOUNT = "123456789012"


def code(failure):
    return failure.value.response["Error"]["Code"]


@pytest.fixture
def as_user(client, fresh):
    """as_user(statements): an S3 client of a new user with this inline policy, and the user's ARN."""
    iam = client("iam")
    made = []

    def make(*statements):
        name = fresh("user")
        arn = iam.create_user(UserName=name)["User"]["Arn"]
        key = iam.create_access_key(UserName=name)["AccessKey"]
        made.append((name, key["AccessKeyId"]))
        if statements:
            policy = {"Version": "2012-10-17", "Statement": list(statements)}
            iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
        return client("s3", keys=(key["AccessKeyId"], key["SecretAccessKey"])), arn

    yield make
    for name, key in made:
        iam.delete_access_key(UserName=name, AccessKeyId=key)
        for policy in iam.list_user_policies(UserName=name)["PolicyNames"]:
            iam.delete_user_policy(UserName=name, PolicyName=policy)
        iam.delete_user(UserName=name)


def allow(actions, *resources):
    return {"Effect": "Allow", "Action": actions, "Resource": list(resources)}


def test_an_identity_policy_opens_one_folder(client, bucket, as_user):
    owner = client("s3")
    owner.put_object(Bucket=bucket, Key="mine/a", Body=b"1")
    owner.put_object(Bucket=bucket, Key="other/a", Body=b"1")
    user, _ = as_user(allow("s3:*Object", f"arn:aws:s3:::{bucket}/mine/*"))
    assert user.get_object(Bucket=bucket, Key="mine/a")["Body"].read() == b"1"
    user.put_object(Bucket=bucket, Key="mine/b", Body=b"2")
    for refused in [
        lambda: user.get_object(Bucket=bucket, Key="other/a"),
        lambda: user.put_object(Bucket=bucket, Key="other/b", Body=b""),
        lambda: user.list_objects_v2(Bucket=bucket),
        lambda: user.copy_object(Bucket=bucket, Key="mine/c", CopySource=f"{bucket}/other/a"),
    ]:
        with pytest.raises(ClientError) as failure:
            refused()
        assert code(failure) == "AccessDenied"


def test_a_list_is_allowed_for_a_prefix_only(bucket, as_user):
    statement = allow("s3:ListBucket", f"arn:aws:s3:::{bucket}")
    statement["Condition"] = {"StringLike": {"s3:prefix": "mine/*"}}
    user, _ = as_user(statement)
    user.list_objects_v2(Bucket=bucket, Prefix="mine/x")
    with pytest.raises(ClientError) as failure:
        user.list_objects_v2(Bucket=bucket, Prefix="other/")
    assert code(failure) == "AccessDenied"


def test_who_may_not_list_is_not_told_that_a_key_is_missing(bucket, as_user):
    reader, _ = as_user(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"))
    with pytest.raises(ClientError) as failure:
        reader.get_object(Bucket=bucket, Key="missing")
    assert code(failure) == "AccessDenied"
    lister, _ = as_user(allow(["s3:GetObject", "s3:ListBucket"], "*"))
    with pytest.raises(ClientError) as failure:
        lister.get_object(Bucket=bucket, Key="missing")
    assert code(failure) == "NoSuchKey"


def test_a_bucket_policy_allows_and_denies(client, bucket, as_user):
    owner = client("s3")
    owner.put_object(Bucket=bucket, Key="a", Body=b"1")
    user, arn = as_user()
    objects = f"arn:aws:s3:::{bucket}/*"
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "s3:*Object", "Resource": objects},
            {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": objects},
        ],
    }
    owner.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    assert json.loads(owner.get_bucket_policy(Bucket=bucket)["Policy"]) == policy
    assert user.get_object(Bucket=bucket, Key="a")["Body"].read() == b"1"
    for one in [user, owner]:
        with pytest.raises(ClientError) as failure:
            one.delete_object(Bucket=bucket, Key="a")
        assert code(failure) == "AccessDenied"
    denied = owner.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a"}]})["Errors"]
    assert [(entry["Key"], entry["Code"]) for entry in denied] == [("a", "AccessDenied")]
    owner.delete_bucket_policy(Bucket=bucket)


@pytest.mark.parametrize(
    "policy", ["nonsense", "{}", '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*"}]}']
)
def test_a_policy_that_is_none_is_refused(client, bucket, policy):
    with pytest.raises(ClientError) as failure:
        client("s3").put_bucket_policy(Bucket=bucket, Policy=policy)
    assert code(failure) == "MalformedPolicy"


#: What would close the bucket to everybody, or open it to everybody without saying so.
UNFIT = {
    "no kind of principal": {"Principal": "ann"},
    "nobody's account": {"Principal": {"AWS": ""}},
    "who did not sign": {"Principal": {"AWS": "anonymous"}},
    "an operator that is none": {"Principal": "*", "Condition": {"StringIs": {"aws:userid": "ann"}}},
}


def test_a_policy_that_nobody_could_evaluate_is_refused(client, bucket):
    s3 = client("s3")
    for name, more in UNFIT.items():
        statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*", **more}
        with pytest.raises(ClientError) as failure:
            s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
        assert (name, code(failure)) == (name, "MalformedPolicy")
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


#: Actions and resources of one statement, with `BUCKET` for its ARN: whether the policy is taken, or why not.
OF_ITS_BUCKET = [
    (["s3:GetObject"], ["BUCKET/*"], None),
    (["s3:ListBucket", "s3:GetObject"], ["BUCKET", "BUCKET/*"], None),
    (["s3:*"], ["BUCKET"], None),
    (["s3:Get*"], ["BUCKET/dir/*"], None),
    (["s3:GetObject*", "s3:GetBucketAcl"], ["BUCKET*"], None),
    (["s3:ListBucketVersions", "s3:PutObject"], ["*"], None),
    (["s3:PutObject"], ["arn:aws:s3:::*/${aws:username}/*"], None),
    (["s3:GetObject"], ["arn:aws:s3:::other/*"], "Policy has invalid resource"),
    (["s3:GetObject"], ["BUCKET/*", "arn:aws:s3:::other-*"], "Policy has invalid resource"),
    (["s3:ListBucket"], ["BUCKET/*"], "Action does not apply to any resource(s) in statement"),
    (["s3:ListBucket*", "s3:GetObject"], ["BUCKET/*"], "Action does not apply to any resource(s) in statement"),
    (["s3:GetObject"], ["BUCKET"], "Action does not apply to any resource(s) in statement"),
    (["s3:PutObject*"], ["BUCKET"], "Action does not apply to any resource(s) in statement"),
    (["s3:ListAllMyBuckets"], ["BUCKET"], "Action does not apply to any resource(s) in statement"),
]


def test_a_policy_speaks_of_its_own_bucket_and_of_what_is_done_there(client, bucket):
    s3 = client("s3")
    for actions, resources, expected in OF_ITS_BUCKET:
        named = [resource.replace("BUCKET", f"arn:aws:s3:::{bucket}") for resource in resources]
        statement = {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": actions, "Resource": named}
        text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        try:
            s3.put_bucket_policy(Bucket=bucket, Policy=text)
            said = None
        except ClientError as refused:
            said = refused.response["Error"]["Message"]
        assert (actions, resources, said) == (actions, resources, expected)
    s3.delete_bucket_policy(Bucket=bucket)


def test_callers_that_nobody_knows_are_refused_in_the_words_of_s3(client, bucket):
    said = {
        "nobody": client("s3", signature_version=UNSIGNED),
        "an unknown key": client("s3", keys=("AKIANOBODY", "secret")),
    }
    for who, s3 in said.items():
        with pytest.raises(ClientError) as refused:
            s3.get_object(Bucket=bucket, Key="k")
        said[who] = (refused.value.response["Error"]["Code"], refused.value.response["Error"]["Message"])
    assert said == {
        "nobody": ("AccessDenied", "Access Denied"),
        "an unknown key": ("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."),
    }
