"""Who may pull and push: policies of users, of sessions, and of repositories."""

from policies import allow, deny, policy, refusal
from pushed_images import Registry, digest_of, error_code

ARN = "arn:aws:ecr:us-east-1:123456789012:repository/"
TOKEN = allow("ecr:GetAuthorizationToken")
PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"]


def registry_of(server, clients):
    return Registry(server.url, clients("ecr"))


def test_a_token_is_good_for_what_its_user_may_do(server, user, registry, repository, image):
    mine, other = repository(), repository()
    pushed = image("for readers")
    registry.push(mine, "v1", pushed)
    registry.push(other, "v1", pushed)
    _, clients = user(TOKEN, allow(PULL, ARN + mine))
    reader = registry_of(server, clients)
    layer = f"blobs/{digest_of(pushed.layers[0])}"
    assert [reader.ask("GET", f"/v2/{mine}/{path}")[0] for path in ["manifests/v1", layer]] == [200, 200]
    for method, path in [
        ("GET", f"/v2/{other}/manifests/v1"),
        ("GET", f"/v2/{other}/{layer}"),
        ("GET", f"/v2/{mine}/tags/list"),
        ("POST", f"/v2/{mine}/blobs/uploads/"),
        ("DELETE", f"/v2/{mine}/manifests/v1"),
        ("GET", "/v2/_catalog"),
    ]:
        status, _, body = reader.ask(method, path)
        assert (status, error_code(body)) == (403, "DENIED"), path


def test_without_permission_nobody_learns_whether_there_is_a_repository(server, user, repository):
    _, clients = user(TOKEN)
    reader = registry_of(server, clients)
    answers = {reader.ask("GET", f"/v2/{name}/manifests/v1")[0] for name in [repository(), "not/there"]}
    assert answers == {403}


def test_a_layer_of_a_closed_repository_is_not_mounted(server, user, registry, repository):
    secret, mine = repository(), repository()
    digest = registry.push_blob(secret, b"a secret layer")
    _, clients = user(TOKEN, allow("ecr:*", ARN + mine))
    pusher = registry_of(server, clients)
    status, headers, _ = pusher.ask("POST", f"/v2/{mine}/blobs/uploads/?mount={digest}&from={secret}")
    assert (status, "docker-upload-uuid" in headers) == (202, True)
    assert pusher.ask("GET", f"/v2/{mine}/blobs/{digest}")[0] == 404


def test_a_repository_policy_lets_others_in_and_keeps_them_out(server, user, ecr, registry, repository, image):
    name = repository()
    registry.push(name, "v1", image("shared"))
    arn, clients = user(TOKEN, allow("ecr:ListImages"))
    reader = registry_of(server, clients)
    statement = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "ecr:BatchGetImage"}
    ecr.set_repository_policy(repositoryName=name, policyText=policy(statement))
    assert reader.ask("GET", f"/v2/{name}/manifests/v1")[0] == 200
    assert reader.ask("GET", f"/v2/{name}/tags/list")[0] == 200
    closed = {"Effect": "Deny", "Principal": {"AWS": arn}, "Action": "ecr:*"}
    ecr.set_repository_policy(repositoryName=name, policyText=policy(closed))
    assert reader.ask("GET", f"/v2/{name}/manifests/v1")[0] == 403
    assert reader.ask("GET", f"/v2/{name}/tags/list")[0] == 403
    assert ecr.delete_repository_policy(repositoryName=name)["policyText"] == policy(closed)


def test_a_policy_that_would_lock_its_author_out_needs_force(ecr, repository):
    name = repository()
    closed = policy({"Effect": "Deny", "Principal": "*", "Action": "ecr:SetRepositoryPolicy"})
    code, text = refusal(lambda: ecr.set_repository_policy(repositoryName=name, policyText=closed))
    assert (code, "force" in text) == ("InvalidParameterException", True)
    ecr.set_repository_policy(repositoryName=name, policyText=closed, force=True)
    ecr.delete_repository_policy(repositoryName=name)


def test_the_api_asks_for_the_action_on_the_repository(user, repository):
    name = repository()
    _, clients = user(allow("ecr:*"), deny("ecr:ListImages", ARN + name))
    code, text = refusal(lambda: clients("ecr").list_images(repositoryName=name))
    assert (code, ARN + name in text) == ("AccessDeniedException", True)


def test_a_token_ends_with_the_key_that_asked_for_it(server, user, client):
    arn, clients = user(allow("ecr:*"))
    reader = registry_of(server, clients)
    assert reader.ask("GET", "/v2/")[0] == 200
    name = arn.split("/")[-1]
    iam = client("iam")
    key = iam.list_access_keys(UserName=name)["AccessKeyMetadata"][0]["AccessKeyId"]
    iam.update_access_key(UserName=name, AccessKeyId=key, Status="Inactive")
    assert reader.ask("GET", "/v2/")[0] == 401
