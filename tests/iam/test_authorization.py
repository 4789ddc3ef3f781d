"""What policies allow and deny, seen from outside: SageMaker, S3, IAM and Logs calls by users with narrow policies."""

import json

from botocore.exceptions import ClientError
from policies import allow, deny, policy, refusal
from server_process import ACCOUNT


def test_a_new_user_may_do_nothing_but_ask_who_it_is(user):
    name, clients = user()
    arn = f"arn:aws:iam::{ACCOUNT}:user/{name}"
    assert clients("sts").get_caller_identity()["Arn"] == arn
    for call, code, action, resource in [
        (clients("sagemaker").list_models, "AccessDeniedException", "sagemaker:ListModels", None),
        (clients("s3").list_buckets, "AccessDenied", "s3:ListAllMyBuckets", None),
        (clients("iam").list_users, "AccessDenied", "iam:ListUsers", f"arn:aws:iam::{ACCOUNT}:user/"),
    ]:
        found, text = refusal(call)
        where = f" on resource: {resource}" if resource else ""
        assert found == code
        assert text.startswith(f"User: {arn} is not authorized to perform: {action}{where}")
        assert text.endswith(f"because no identity-based policy allows the {action} action")


def test_a_policy_opens_what_it_names_and_nothing_else(user, bucket, client):
    client("s3").put_object(Bucket=bucket, Key="in/a", Body=b"a")
    _, clients = user(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/in/*"))
    s3 = clients("s3")
    assert s3.get_object(Bucket=bucket, Key="in/a")["Body"].read() == b"a"
    assert refusal(lambda: s3.get_object(Bucket=bucket, Key="out/a"))[0] == "AccessDenied"
    assert refusal(lambda: s3.put_object(Bucket=bucket, Key="in/b", Body=b"b"))[0] == "AccessDenied"


def test_an_explicit_deny_wins_and_is_named(user):
    name, clients = user(allow("*"), deny("sagemaker:DescribeModel", "arn:aws:sagemaker:*:*:model/secret*"))
    sagemaker = clients("sagemaker")
    _, text = refusal(lambda: sagemaker.describe_model(ModelName="secret-1"))
    assert text == (
        f"User: arn:aws:iam::{ACCOUNT}:user/{name} is not authorized to perform: sagemaker:DescribeModel on resource: "
        f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:model/secret-1 with an explicit deny in an identity-based policy"
    )
    assert "not authorized" not in refusal(lambda: sagemaker.describe_model(ModelName="open-1"))[1]


def test_conditions_read_the_request(user):
    local = {"IpAddress": {"aws:SourceIp": ["127.0.0.0/8", "::1/128"]}, "Bool": {"aws:SecureTransport": "false"}}
    elsewhere = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    by_region = {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}
    _, near = user(allow("sagemaker:ListModels", Condition=local))
    _, far = user(allow("sagemaker:ListModels", Condition=elsewhere))
    _, here = user(allow("sagemaker:ListModels", Condition=by_region))
    near("sagemaker").list_models()
    assert refusal(far("sagemaker").list_models)[0] == "AccessDeniedException"
    here("sagemaker").list_models()
    assert refusal(here("sagemaker", region="eu-west-1").list_models)[0] == "AccessDeniedException"


def test_the_user_name_in_a_resource_gives_each_its_own_folder(user, bucket):
    own = "arn:aws:s3:::" + bucket + "/${aws:username}/*"
    ann, ann_clients = user(allow("s3:PutObject", own))
    bob, _ = user()
    ann_clients("s3").put_object(Bucket=bucket, Key=f"{ann}/x", Body=b"")
    assert refusal(lambda: ann_clients("s3").put_object(Bucket=bucket, Key=f"{bob}/x", Body=b""))[0] == "AccessDenied"


def test_a_managed_policy_follows_its_default_version(user, iam, fresh):
    name, clients = user()
    arn = iam.create_policy(PolicyName=fresh("policy"), PolicyDocument=policy(allow("sagemaker:ListModels")))["Policy"][
        "Arn"
    ]
    iam.attach_user_policy(UserName=name, PolicyArn=arn)
    try:
        clients("sagemaker").list_models()
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(allow("s3:*")), SetAsDefault=True)
        assert refusal(clients("sagemaker").list_models)[0] == "AccessDeniedException"
        iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
        clients("sagemaker").list_models()
    finally:
        iam.detach_user_policy(UserName=name, PolicyArn=arn)
        iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
        iam.delete_policy(PolicyArn=arn)


def test_a_permissions_boundary_limits(iam, fresh, server):
    name = fresh("user")
    iam.create_user(UserName=name, PermissionsBoundary="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    iam.attach_user_policy(UserName=name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    key = iam.create_access_key(UserName=name)["AccessKey"]
    keys = (key["AccessKeyId"], key["SecretAccessKey"])
    try:
        server.client("s3", keys=keys).list_buckets()
        _, text = refusal(server.client("sagemaker", keys=keys).list_models)
        assert text.endswith("because no permissions boundary allows the sagemaker:ListModels action")
    finally:
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        iam.detach_user_policy(UserName=name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        iam.delete_user(UserName=name)


def test_a_bucket_policy_is_asked_too(user, bucket, client):
    ann, ann_clients = user()
    _, bob_clients = user(allow("s3:*"))
    statements = [
        {
            **allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"),
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/{ann}"},
        },
        {**deny("s3:DeleteObject", f"arn:aws:s3:::{bucket}/*"), "Principal": "*"},
    ]
    s3 = client("s3")
    s3.put_object(Bucket=bucket, Key="a", Body=b"a")
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(*statements))
    try:
        assert ann_clients("s3").get_object(Bucket=bucket, Key="a")["Body"].read() == b"a"
        _, text = refusal(lambda: bob_clients("s3").delete_object(Bucket=bucket, Key="a"))
        assert text.endswith("with an explicit deny in a resource-based policy")
    finally:
        s3.delete_bucket_policy(Bucket=bucket)


def test_a_role_is_passed_only_by_who_may_pass_it(user, role):
    arn = role({"Service": "sagemaker.amazonaws.com"})
    to_sagemaker = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    to_others = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}

    def create(clients):
        clients("sagemaker").create_model(
            ModelName="passed", ExecutionRoleArn=arn, PrimaryContainer={"Image": "none/none:1"}
        )

    name, without = user(allow("sagemaker:*"))
    assert refusal(lambda: create(without)) == (
        "AccessDeniedException",
        f"User: arn:aws:iam::{ACCOUNT}:user/{name} is not authorized to perform: iam:PassRole on resource: {arn} "
        "because no identity-based policy allows the iam:PassRole action",
    )
    _, elsewhere = user(allow("sagemaker:*"), allow("iam:PassRole", arn, Condition=to_others))
    assert "iam:PassRole" in refusal(lambda: create(elsewhere))[1]
    _, allowed = user(allow("sagemaker:*"), allow("iam:PassRole", arn, Condition=to_sagemaker))
    try:
        create(allowed)
    except ClientError as caught:
        assert "iam:PassRole" not in caught.response["Error"]["Message"]
    else:
        allowed("sagemaker").delete_model(ModelName="passed")


def test_simulation_decides_as_calls_do(user, iam):
    name, _ = user(allow("s3:Get*", "arn:aws:s3:::b/*"), deny("s3:GetObjectAcl"))
    answer = iam.simulate_principal_policy(
        PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:user/{name}",
        ActionNames=["s3:GetObject", "s3:GetObjectAcl", "s3:PutObject"],
        ResourceArns=["arn:aws:s3:::b/k"],
    )
    decisions = {result["EvalActionName"]: result["EvalDecision"] for result in answer["EvaluationResults"]}
    assert decisions == {"s3:GetObject": "allowed", "s3:GetObjectAcl": "explicitDeny", "s3:PutObject": "implicitDeny"}
    custom = iam.simulate_custom_policy(
        PolicyInputList=[policy(allow("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "x"}}))],
        ActionNames=["iam:PassRole"],
        ContextEntries=[
            {"ContextKeyName": "iam:PassedToService", "ContextKeyValues": ["x"], "ContextKeyType": "string"}
        ],
    )
    assert custom["EvaluationResults"][0]["EvalDecision"] == "allowed"


def test_a_malformed_policy_is_refused_when_it_is_put(user, iam):
    name, _ = user()
    document = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "GetObject", "Resource": "*"}]}
    )
    assert refusal(lambda: iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)) == (
        "MalformedPolicyDocument",
        "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
    )
