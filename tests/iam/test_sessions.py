"""Temporary credentials: roles assumed one after another, external ids, session policies, ends."""

import base64
import datetime

from policies import allow, policy, refusal
from server_process import ACCOUNT


def test_a_user_assumes_a_role_and_the_role_the_next(user, role, as_session):
    _, clients = user(allow("sts:AssumeRole"))
    first = role({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, allow("sts:AssumeRole"))
    second = role({"AWS": first}, allow("sagemaker:ListModels"))
    one = clients("sts").assume_role(RoleArn=first, RoleSessionName="one")
    sts = as_session(one["Credentials"], "sts")
    assert sts.get_caller_identity()["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{first.split('/')[-1]}/one"
    assert refusal(as_session(one["Credentials"], "sagemaker").list_models)[0] == "AccessDeniedException"
    two = sts.assume_role(RoleArn=second, RoleSessionName="two")
    as_session(two["Credentials"], "sagemaker").list_models()
    too_long = refusal(lambda: sts.assume_role(RoleArn=second, RoleSessionName="two", DurationSeconds=3601))
    assert too_long == (
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
    )


def test_both_sides_have_to_agree(user, role):
    name, with_permission = user(allow("sts:AssumeRole"))
    other, without = user()
    closed = role({"Service": "sagemaker.amazonaws.com"})
    to_account = role({"AWS": ACCOUNT})
    to_other = role({"AWS": f"arn:aws:iam::{ACCOUNT}:user/{other}"})
    missing = f"arn:aws:iam::{ACCOUNT}:role/nobody-made-this"

    def assume(clients, arn):
        return clients("sts").assume_role(RoleArn=arn, RoleSessionName="s1")

    for arn in [closed, missing]:
        assert refusal(lambda arn=arn: assume(with_permission, arn)) == (
            "AccessDenied",
            f"User: arn:aws:iam::{ACCOUNT}:user/{name} is not authorized to perform: sts:AssumeRole on resource: {arn} "
            "because no role trust policy allows the sts:AssumeRole action",
        )
    assert refusal(lambda: assume(without, to_account))[0] == "AccessDenied"
    assume(with_permission, to_account)
    assume(without, to_other)


def test_an_external_id_has_to_fit(user, role):
    name, clients = user()
    principal = {"AWS": f"arn:aws:iam::{ACCOUNT}:user/{name}"}
    arn = role(principal, condition={"StringEquals": {"sts:ExternalId": "ticket-7"}})
    sts = clients("sts")
    assert refusal(lambda: sts.assume_role(RoleArn=arn, RoleSessionName="s1"))[0] == "AccessDenied"
    assert refusal(lambda: sts.assume_role(RoleArn=arn, RoleSessionName="s1", ExternalId="no"))[0] == "AccessDenied"
    sts.assume_role(RoleArn=arn, RoleSessionName="s1", ExternalId="ticket-7")


def test_a_session_policy_narrows(client, as_session):
    role_arn = f"arn:aws:iam::{ACCOUNT}:role/SageMakerRole"
    answer = client("sts").assume_role(
        RoleArn=role_arn, RoleSessionName="narrow", Policy=policy(allow("sagemaker:ListModels"))
    )
    assert 0 < answer["PackedPolicySize"] <= 100
    as_session(answer["Credentials"], "sagemaker").list_models()
    code, text = refusal(as_session(answer["Credentials"], "sagemaker").list_endpoints)
    assert code == "AccessDeniedException"
    assert text.endswith("because no session policy allows the sagemaker:ListEndpoints action")


def test_durations_are_held(client, iam, fresh):
    role_arn = f"arn:aws:iam::{ACCOUNT}:role/SageMakerRole"
    sts = client("sts")
    assert refusal(lambda: sts.assume_role(RoleArn=role_arn, RoleSessionName="s1", DurationSeconds=3601)) == (
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    )
    answer = sts.assume_role(RoleArn=role_arn, RoleSessionName="s1", DurationSeconds=900)
    left = answer["Credentials"]["Expiration"] - datetime.datetime.now(datetime.UTC)
    assert datetime.timedelta(minutes=13) < left <= datetime.timedelta(minutes=15)


def test_a_token_that_was_changed_or_belongs_elsewhere_is_refused(client, server, as_session):
    one = client("sts").get_session_token()["Credentials"]
    two = client("sts").get_session_token()["Credentials"]
    as_session(one, "sts").get_caller_identity()
    bytes_of = bytearray(base64.b64decode(one["SessionToken"]))
    bytes_of[40] ^= 1
    for token in [two["SessionToken"], base64.b64encode(bytes_of).decode(), "nonsense"]:
        code, _ = refusal(as_session({**one, "SessionToken": token}, "sts").get_caller_identity)
        assert code == "InvalidClientTokenId"
    without = server.client("sts", keys=(one["AccessKeyId"], one["SecretAccessKey"]))
    assert refusal(without.get_caller_identity)[0] == "InvalidClientTokenId"


def test_a_session_survives_a_crash_and_ends_with_its_role(own_server):
    server = own_server()
    iam, sts = server.client("iam"), server.client("sts")
    trust = policy({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"})
    arn = iam.create_role(RoleName="brief", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    credentials = sts.assume_role(RoleArn=arn, RoleSessionName="s1")["Credentials"]
    keys = (credentials["AccessKeyId"], credentials["SecretAccessKey"])
    server.kill()
    server.start()
    session = server.client("sts", keys=keys, token=credentials["SessionToken"])
    assert session.get_caller_identity()["Arn"].endswith("assumed-role/brief/s1")
    server.client("iam").delete_role(RoleName="brief")
    assert refusal(session.get_caller_identity)[0] == "InvalidClientTokenId"


def test_get_session_token_is_the_caller_and_not_for_sessions(user, as_session):
    name, clients = user(allow("sagemaker:ListModels"))
    credentials = clients("sts").get_session_token()["Credentials"]
    assert credentials["AccessKeyId"].startswith("ASIA")
    assert as_session(credentials, "sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/{name}"
    as_session(credentials, "sagemaker").list_models()
    assert refusal(as_session(credentials, "sts").get_session_token) == (
        "AccessDenied",
        "Cannot call GetSessionToken with session credentials",
    )


def test_root_may_not_assume_roles(server):
    root = server.client("sts", profile="root")
    assert root.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    role_arn = f"arn:aws:iam::{ACCOUNT}:role/SageMakerRole"
    assert refusal(lambda: root.assume_role(RoleArn=role_arn, RoleSessionName="s1")) == (
        "AccessDenied",
        "Roles may not be assumed by root accounts.",
    )
