"""Users who have nothing but what a test gives them, and go away after it."""

import contextlib

from policies import policy


def remove_policies(iam, word, name):
    """Inline and attached policies of a user or role."""
    who = {f"{word}Name": name}
    for inline in getattr(iam, f"list_{word.lower()}_policies")(**who)["PolicyNames"]:
        getattr(iam, f"delete_{word.lower()}_policy")(**who, PolicyName=inline)
    for attached in getattr(iam, f"list_attached_{word.lower()}_policies")(**who)["AttachedPolicies"]:
        getattr(iam, f"detach_{word.lower()}_policy")(**who, PolicyArn=attached["PolicyArn"])


@contextlib.contextmanager
def temporary_users(server, fresh):
    """make(allow("s3:*"), …) makes a user: what CreateUser says of it, and a function that gives its clients."""
    iam = server.client("iam")
    made = []

    def make(*statements):
        user = iam.create_user(UserName=fresh("user"))["User"]
        name = user["UserName"]
        made.append(name)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="given", PolicyDocument=policy(*statements))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        keys = (key["AccessKeyId"], key["SecretAccessKey"])
        return user, lambda service, **config: server.client(service, keys=keys, **config)

    yield make
    for name in made:
        remove_policies(iam, "User", name)
        for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        iam.delete_user(UserName=name)
