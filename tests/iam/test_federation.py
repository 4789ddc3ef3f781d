"""What sessions carry: tags, source identities, federated users; and who a key is of."""

import functools
import random

import pytest
from policies import allow, policy, refusal
from server_process import ACCOUNT, ROLE

TAGS = [{"Key": "team", "Value": "red"}, {"Key": "Stage", "Value": "test"}]


@pytest.fixture
def tagged_role(role):
    """tagged_role(allow(…)) makes a role that the account may assume with tags: its ARN."""
    return functools.partial(
        role, {"AWS": ACCOUNT}, actions=["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    )


def test_session_tags_are_tags_of_the_principal_and_win_over_the_roles(client, tagged_role, iam, as_session):
    red = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
    arn = tagged_role(allow("sagemaker:ListModels", Condition=red))
    sts, name = client("sts"), arn.split("/")[-1]
    plain = sts.assume_role(RoleArn=arn, RoleSessionName="s1")["Credentials"]
    assert refusal(as_session(plain, "sagemaker").list_models)[0] == "AccessDeniedException"
    iam.tag_role(RoleName=name, Tags=[{"Key": "Team", "Value": "red"}])
    as_session(plain, "sagemaker").list_models()
    answer = sts.assume_role(RoleArn=arn, RoleSessionName="s1", Tags=[{"Key": "team", "Value": "blue"}])
    assert 0 < answer["PackedPolicySize"] < 10
    assert refusal(as_session(answer["Credentials"], "sagemaker").list_models)[0] == "AccessDeniedException"


def test_tags_need_a_role_that_takes_them(client, tagged_role):
    closed = tagged_role(allow("s3:*"), actions=["sts:AssumeRole"])
    only_red = tagged_role(allow("s3:*"), condition={"StringEqualsIfExists": {"aws:RequestTag/team": "red"}})
    sts = client("sts")
    assert refusal(lambda: sts.assume_role(RoleArn=closed, RoleSessionName="s1", Tags=TAGS)) == (
        "AccessDenied",
        f"User: {sts.get_caller_identity()['Arn']} is not authorized to perform: sts:TagSession on resource: {closed} "
        "because no role trust policy allows the sts:TagSession action",
    )
    assert refusal(lambda: sts.assume_role(RoleArn=closed, RoleSessionName="s1", SourceIdentity="ann"))[0] == (
        "AccessDenied"
    )
    sts.assume_role(RoleArn=only_red, RoleSessionName="s1", Tags=TAGS)
    blue = [{"Key": "team", "Value": "blue"}]
    assert refusal(lambda: sts.assume_role(RoleArn=only_red, RoleSessionName="s1", Tags=blue))[0] == "AccessDenied"


def test_transitive_tags_and_the_source_identity_go_down_the_chain(client, tagged_role, as_session):
    """Refusals as recorded in LocalStack's tests/aws/services/sts/test_sts.snapshot.json."""
    first = tagged_role(allow(["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]))
    red = {"StringEquals": {"aws:PrincipalTag/team": "red"}, "Null": {"aws:PrincipalTag/stage": "true"}}
    second = tagged_role(allow("sagemaker:ListModels", Condition=red))
    sts = client("sts")
    one = sts.assume_role(
        RoleArn=first, RoleSessionName="one", Tags=TAGS, TransitiveTagKeys=["team"], SourceIdentity="ann"
    )
    assert one["SourceIdentity"] == "ann"
    inner = as_session(one["Credentials"], "sts")
    two = inner.assume_role(RoleArn=second, RoleSessionName="two")
    assert two["SourceIdentity"] == "ann"
    as_session(two["Credentials"], "sagemaker").list_models()
    conflict = (
        "InvalidParameterValue",
        "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from "
        "the calling session.",
    )
    for key in ("team", "TEAM"):
        tags = [{"Key": key, "Value": "blue"}]
        call = lambda tags=tags: inner.assume_role(RoleArn=second, RoleSessionName="two", Tags=tags)  # noqa: E731
        assert refusal(call) == conflict
    other = lambda: inner.assume_role(RoleArn=second, RoleSessionName="two", SourceIdentity="bob")  # noqa: E731
    assert refusal(other)[0] == "AccessDenied"


def test_wrong_tags_and_arns_are_told_in_awss_words(client, tagged_role):
    """Recorded in LocalStack's tests/aws/services/sts/test_sts.snapshot.json."""
    arn = tagged_role(allow("s3:*"))
    sts = client("sts")
    twice = [{"Key": "team", "Value": "1"}, {"Key": "TEAM", "Value": "2"}]
    cases = [
        (
            {"TransitiveTagKeys": ["team"]},
            ("InvalidParameterValue", "The specified transitive tag key must be included in the requested tags."),
        ),
        (
            {"Tags": twice},
            (
                "InvalidParameterValue",
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            ),
        ),
        *(
            ({"RoleArn": wrong}, ("ValidationError", f"{wrong} is invalid"))
            for wrong in ["nothing-valid-in-here", "arn::b:::something/test-role", "arn:a:::something/test-role"]
        ),
    ]
    for more, expected in cases:
        call = lambda more=more: sts.assume_role(**{"RoleArn": arn, "RoleSessionName": "s1", **more})  # noqa: E731
        assert refusal(call) == expected

    tags = [{"Key": f"key{number}", "Value": _noise(number)} for number in range(50)]
    code, text = refusal(lambda: sts.assume_role(RoleArn=arn, RoleSessionName="s1", Tags=tags))
    assert code == "PackedPolicyTooLarge"
    assert text.startswith("Packed size of session policies and session tags consumes ")


def _noise(seed):
    """Text that does not get smaller when it is packed."""
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-=._:/@"
    return "".join(random.Random(seed).choices(letters, k=256))


def test_managed_policies_narrow_a_session(client, as_session):
    answer = client("sts").assume_role(
        RoleArn=ROLE,
        RoleSessionName="narrow",
        PolicyArns=[{"arn": f"arn:aws:iam::aws:policy/{name}"} for name in ("ReadOnlyAccess", "AmazonS3FullAccess")],
    )
    # The documents themselves are not in the token: it has to fit into a header.
    assert len(answer["Credentials"]["SessionToken"]) < 2000
    as_session(answer["Credentials"], "sagemaker").list_models()
    code, _ = refusal(lambda: as_session(answer["Credentials"], "sagemaker").delete_model(ModelName="m"))
    assert code == "AccessDeniedException"


def test_a_federated_user_has_what_both_its_maker_and_its_policy_allow(user, as_session, fresh):
    _, clients = user(allow(["sts:GetFederationToken", "sagemaker:List*", "iam:*"]))
    sts, guest = clients("sts"), fresh("guest")
    nothing = sts.get_federation_token(Name=guest)
    assert nothing["PackedPolicySize"] == 0
    assert nothing["FederatedUser"] == {
        "FederatedUserId": f"{ACCOUNT}:{guest}",
        "Arn": f"arn:aws:sts::{ACCOUNT}:federated-user/{guest}",
    }
    assert refusal(as_session(nothing["Credentials"], "sagemaker").list_models)[1].endswith(
        "because no session policy allows the sagemaker:ListModels action"
    )
    given = policy(allow(["sagemaker:ListModels", "s3:*", "iam:*", "sts:*"]))
    some = sts.get_federation_token(Name=guest, Policy=given)["Credentials"]
    as_session(some, "sagemaker").list_models()
    assert refusal(as_session(some, "sagemaker").list_endpoints)[0] == "AccessDeniedException"
    assert refusal(as_session(some, "s3").list_buckets)[0] == "AccessDenied"
    assert as_session(some, "sts").get_caller_identity()["Arn"] == f"arn:aws:sts::{ACCOUNT}:federated-user/{guest}"
    assert refusal(as_session(some, "iam").list_users)[0] == "InvalidClientTokenId"
    for call in [
        lambda: as_session(some, "sts").get_federation_token(Name="x1"),
        lambda: as_session(some, "sts").assume_role(RoleArn=ROLE, RoleSessionName="s1"),
        lambda: as_session(some, "sts").get_session_token(),
    ]:
        assert refusal(call)[0] == "AccessDenied"
    denied = "because no identity-based policy allows the sts:TagSession action"
    assert refusal(lambda: sts.get_federation_token(Name=guest, Tags=TAGS))[1].endswith(denied)


def test_a_federated_user_of_root_and_one_that_a_bucket_names(server, client, bucket, as_session):
    root = server.client("sts", profile="root")
    given = policy(allow("sagemaker:ListModels"))
    made = root.get_federation_token(Name="Ann", Policy=given)["Credentials"]
    as_session(made, "sagemaker").list_models()
    assert refusal(as_session(made, "s3").list_buckets)[0] == "AccessDenied"
    named = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:sts::{ACCOUNT}:federated-user/Ann"},
        "Action": "s3:ListBucket",
        "Resource": f"arn:aws:s3:::{bucket}",
    }
    client("s3").put_bucket_policy(Bucket=bucket, Policy=policy(named))
    as_session(made, "s3").list_objects_v2(Bucket=bucket)
    assert refusal(lambda: client("sts").get_federation_token(Name="Ann")) == (
        "AccessDenied",
        "Cannot call GetFederationToken with session credentials",
    )


def test_sessions_of_users_are_not_for_iam(user, as_session):
    _, clients = user(allow("*"))
    made = clients("sts").get_session_token()["Credentials"]
    as_session(made, "sagemaker").list_models()
    assert refusal(as_session(made, "iam").list_users)[0] == "InvalidClientTokenId"
    as_session(made, "sts").assume_role(RoleArn=ROLE, RoleSessionName="s1")


def test_a_key_tells_its_account(client, user):
    _, clients = user()
    sts = client("sts")
    session = sts.assume_role(RoleArn=ROLE, RoleSessionName="s1")["Credentials"]
    for key in [clients("sts")._request_signer._credentials.access_key, session["AccessKeyId"]]:
        assert sts.get_access_key_info(AccessKeyId=key)["Account"] == ACCOUNT
    assert refusal(lambda: sts.get_access_key_info(AccessKeyId="AKIAIOSFODNN7EXAMPLE"))[0] == "ValidationError"
    assert refusal(lambda: sts.decode_authorization_message(EncodedMessage="abc"))[0] == (
        "InvalidAuthorizationMessageException"
    )
