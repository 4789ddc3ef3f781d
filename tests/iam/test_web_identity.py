"""Roles for whoever has a token of a provider that the account knows; nobody signs the call.

Providers' answers as recorded in LocalStack's tests/aws/services/iam/test_iam_oidc.snapshot.json.
"""

import json
import time
import urllib.error
import urllib.request

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from issuers import Issuer
from policies import allow, policy, refusal
from server_process import ACCOUNT


@pytest.fixture(scope="module")
def issuer(tmp_path_factory):
    with Issuer(tmp_path_factory.mktemp("issuer")).serving() as serving:
        yield serving


@pytest.fixture(scope="module")
def stranger(server):
    """STS for somebody without any key."""
    return boto3.client(
        "sts",
        "us-east-1",
        endpoint_url=server.url,
        config=Config(signature_version=UNSIGNED, retries={"max_attempts": 0}),
    )


@pytest.fixture(scope="module")
def provider(server, issuer):
    """ARN of the provider, known by the thumbprint of its certificate."""
    iam = server.client("iam")
    arn = iam.create_open_id_connect_provider(
        Url=issuer.url, ThumbprintList=[issuer.thumbprint], ClientIDList=["notebooks"]
    )["OpenIDConnectProviderArn"]
    yield arn
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)


@pytest.fixture
def role_for_ann(iam, fresh, provider, issuer):
    """Role that the provider's ann may assume, for notebooks."""
    name, host = fresh("role"), issuer.url.removeprefix("https://")
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"],
        "Condition": {"StringEquals": {f"{host}:sub": "ann", f"{host}:aud": "notebooks"}},
    }
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    iam.put_role_policy(
        RoleName=name,
        PolicyName="given",
        PolicyDocument=policy(
            allow("sagemaker:ListModels", Condition={"StringEquals": {"aws:PrincipalTag/team": "red"}}),
            allow("sagemaker:ListEndpoints"),
        ),
    )
    yield arn
    iam.delete_role_policy(RoleName=name, PolicyName="given")
    iam.delete_role(RoleName=name)


def test_a_token_gives_a_session_with_what_the_token_says(server, stranger, issuer, role_for_ann):
    tags = {"principal_tags": {"team": ["red"]}, "transitive_tag_keys": ["team"]}
    claims = {"https://aws.amazon.com/tags": tags, "https://aws.amazon.com/source_identity": "ann-of-red"}
    answer = stranger.assume_role_with_web_identity(
        RoleArn=role_for_ann, RoleSessionName="s1", WebIdentityToken=issuer.token(**claims)
    )
    assert answer["SubjectFromWebIdentityToken"] == "ann"
    assert (answer["Audience"], answer["Provider"]) == ("notebooks", issuer.url)
    assert answer["SourceIdentity"] == "ann-of-red"
    made = answer["Credentials"]
    keys = (made["AccessKeyId"], made["SecretAccessKey"])
    sagemaker = server.client("sagemaker", keys=keys, token=made["SessionToken"])
    sagemaker.list_models()
    plain = stranger.assume_role_with_web_identity(
        RoleArn=role_for_ann, RoleSessionName="s1", WebIdentityToken=issuer.token()
    )["Credentials"]
    keys = (plain["AccessKeyId"], plain["SecretAccessKey"])
    sagemaker = server.client("sagemaker", keys=keys, token=plain["SessionToken"])
    sagemaker.list_endpoints()
    assert refusal(sagemaker.list_models)[0] == "AccessDeniedException"


def test_a_token_that_is_not_right_gives_nothing(stranger, issuer, role_for_ann):
    denied = ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
    past = int(time.time()) - 100
    good = issuer.token()
    head, payload, signature = good.split(".")
    forged = issuer.token(sub="bob").split(".")[1]
    cases = [
        (issuer.token(sub="bob"), *denied),
        (issuer.token(aud="other"), "InvalidIdentityToken", "Incorrect token audience"),
        (issuer.token(azp="other"), "InvalidIdentityToken", "Incorrect token audience"),
        (issuer.token(exp=past), "ExpiredTokenException", "Token expired: current date/time"),
        (issuer.token(exp=None), "InvalidIdentityToken", "Missing a required claim: exp"),
        (issuer.token(sub=None), "InvalidIdentityToken", "Missing a required claim: sub"),
        (
            issuer.token(iss="https://example.invalid"),
            "InvalidIdentityToken",
            "No OpenIDConnect provider found in your account for https://example.invalid",
        ),
        (f"{head}.{forged}.{signature}", "InvalidIdentityToken", "The token's signature is not valid"),
        (f"{head}.{payload}.", "InvalidIdentityToken", "The token's signature is not valid"),
        ("not a token", "InvalidIdentityToken", "The ID Token provided is not a valid JWT"),
    ]
    for token, code, text in cases:
        call = lambda token=token: stranger.assume_role_with_web_identity(  # noqa: E731
            RoleArn=role_for_ann, RoleSessionName="s1", WebIdentityToken=token
        )
        found, said = refusal(call)
        assert (found, said[: len(text)]) == (code, text)
    missing = f"arn:aws:iam::{ACCOUNT}:role/nobody-made-this"
    call = lambda: stranger.assume_role_with_web_identity(  # noqa: E731
        RoleArn=missing, RoleSessionName="s1", WebIdentityToken=good
    )
    assert refusal(call) == denied


def test_a_provider_may_change_its_keys_and_is_asked_seldom(stranger, issuer, role_for_ann):
    def assume():
        return stranger.assume_role_with_web_identity(
            RoleArn=role_for_ann, RoleSessionName="s1", WebIdentityToken=issuer.token()
        )

    assume()
    before = len(issuer.reads)
    for _ in range(3):
        assume()
    assert len(issuer.reads) == before
    issuer.new_key("second")
    assume()
    after = len(issuer.reads)
    assert after == before + 2
    # Tokens with keys that nobody knows do not make us ask again and again.
    issuer.kid = "unknown"
    issuer.path("unknown").symlink_to(issuer.path("second"))
    try:
        for _ in range(2):
            assert refusal(assume)[1].startswith("Couldn't retrieve verification key from your identity provider")
    finally:
        issuer.kid = "second"
    assert len(issuer.reads) == after


def test_a_certificate_that_nobody_vouches_for_is_not_believed(iam, stranger, issuer, provider, role_for_ann):
    iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=provider, ThumbprintList=["a" * 40])
    try:
        call = lambda: stranger.assume_role_with_web_identity(  # noqa: E731
            RoleArn=role_for_ann, RoleSessionName="s1", WebIdentityToken=issuer.token()
        )
        assert refusal(call) == (
            "InvalidIdentityToken",
            "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint",
        )
    finally:
        iam.update_open_id_connect_provider_thumbprint(
            OpenIDConnectProviderArn=provider, ThumbprintList=[issuer.thumbprint]
        )


def test_only_the_calls_that_nobody_signs_come_without_a_signature(stranger):
    for call in [stranger.get_caller_identity, stranger.get_session_token]:
        assert refusal(call)[0] == "MissingAuthenticationToken"
    saml = lambda: stranger.assume_role_with_saml(  # noqa: E731
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/r",
        PrincipalArn=f"arn:aws:iam::{ACCOUNT}:saml-provider/p",
        SAMLAssertion="abcd",
    )
    assert refusal(saml)[0] == "NotYetAvailable"


def test_a_call_that_nobody_signs_and_nobody_understands_is_the_callers_mistake(server, stranger, issuer):
    body = b"Action=AssumeRoleWithWebIdentity&Version=2011-06-15"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    asked = urllib.request.Request(f"{server.url}/", body, headers)
    with pytest.raises(urllib.error.HTTPError) as failure:
        urllib.request.urlopen(asked)
    assert failure.value.code == 400
    assert b"ValidationError" in failure.value.read()


def test_who_makes_roles_up_writes_into_no_accounts_log(server, stranger, issuer, role_for_ann):
    """Only what is asked of roles that are there is in their account's log."""
    for role in [f"arn:aws:iam::{ACCOUNT}:role/made-up", role_for_ann]:
        call = lambda role=role: stranger.assume_role_with_web_identity(  # noqa: E731
            RoleArn=role, RoleSessionName="s1", WebIdentityToken=issuer.token(sub="bob")
        )
        refusal(call)
    trail = server.client("cloudtrail")
    wanted = [{"AttributeKey": "EventName", "AttributeValue": "AssumeRoleWithWebIdentity"}]
    found = trail.lookup_events(LookupAttributes=wanted)["Events"]
    asked = [json.loads(one["CloudTrailEvent"])["requestParameters"]["roleArn"] for one in found]
    assert role_for_ann in asked
    assert not any("made-up" in arn for arn in asked)


def test_a_provider_is_not_asked_where_nothing_is_sent_to(own_server, issuer):
    server = own_server(arguments=["--deliver-to", "public"])
    iam = server.client("iam")
    provider = iam.create_open_id_connect_provider(
        Url=issuer.url, ThumbprintList=[issuer.thumbprint], ClientIDList=["notebooks"]
    )["OpenIDConnectProviderArn"]
    trust = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity"}
    role = iam.create_role(RoleName="for-ann", AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    before = len(issuer.reads)
    sts = server.client("sts", signature_version=UNSIGNED)
    call = lambda: sts.assume_role_with_web_identity(  # noqa: E731
        RoleArn=role, RoleSessionName="s1", WebIdentityToken=issuer.token()
    )
    code, text = refusal(call)
    assert (code, "sends nothing to" in text) == ("IDPCommunicationError", True)
    assert len(issuer.reads) == before


def test_providers_are_kept_with_clients_thumbprints_and_tags(iam):
    url = "https://oidc.example.com/path"
    arn = iam.create_open_id_connect_provider(Url=url, ThumbprintList=["b" * 40], ClientIDList=["one"])[
        "OpenIDConnectProviderArn"
    ]
    try:
        assert arn == f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.example.com/path"
        iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="two")
        iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="one")
        iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=arn, Tags=[{"Key": "k", "Value": "v"}])
        found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
        assert (found["Url"], found["ClientIDList"], found["ThumbprintList"], found["Tags"]) == (
            "oidc.example.com/path",
            ["two"],
            ["b" * 40],
            [{"Key": "k", "Value": "v"}],
        )
        assert {"Arn": arn} in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
        other = "https://other.example.com"
        cases = [
            (
                lambda: iam.create_open_id_connect_provider(Url=url, ThumbprintList=["b" * 40]),
                ("EntityAlreadyExists", f"Provider with url {url} already exists."),
            ),
            (
                lambda: iam.create_open_id_connect_provider(Url="example.org", ThumbprintList=["b" * 40]),
                ("ValidationError", "Invalid Open ID Connect Provider URL"),
            ),
            (
                lambda: iam.create_open_id_connect_provider(
                    Url=other, ThumbprintList=[letter * 40 for letter in "abcdef"]
                ),
                ("InvalidInput", "Thumbprint list must contain fewer than 5 entries."),
            ),
            (
                lambda: iam.create_open_id_connect_provider(Url=other, ClientIDList=[str(at) for at in range(101)]),
                ("LimitExceeded", "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100"),
            ),
        ]
        for call, expected in cases:
            assert refusal(call) == expected
    finally:
        iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert refusal(lambda: iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)) == (
        "NoSuchEntity",
        f"OpenIDConnect Provider not found for arn {arn}",
    )
