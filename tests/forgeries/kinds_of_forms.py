"""Forgeries of upload forms: fields, file and policy against each other and against their signature."""

import base64
import json
from dataclasses import replace

from forms import form_call
from s3_signer import sign_form
from signer import Scope
from world import BUCKET, KEPT


def a_field_of_the_form_changed(signed, world, random):
    if signed.fields is None:
        return None
    free = ("x-amz-meta-told", "bucket")
    name = random.choice([name for name in signed.fields if name not in free])
    value = random.choice(["canary-of-another", signed.fields[name] + "x", random.choice(list(KEPT))])
    return form_call(world.host, {**signed.fields, name: value})


def a_field_of_the_form_added(signed, world, random):
    if signed.fields is None:
        return None
    name = random.choice(["acl", "x-amz-meta-more", "Cache-Control", "success_action_redirect", "tagging", "x-amz-acl"])
    return form_call(world.host, {**signed.fields, name: "public-read"})


def a_field_of_the_form_twice(signed, world, random):
    if signed.fields is None:
        return None
    name = random.choice(["key", "Content-Type", "policy", "KEY", "Policy"])
    return form_call(world.host, signed.fields, more=[(name, random.choice(list(KEPT)))])


def a_field_of_the_form_taken_away(signed, world, random):
    if signed.fields is None:
        return None
    name = random.choice([name for name in signed.fields if name not in ("x-amz-meta-told", "bucket")])
    return form_call(world.host, {one: value for one, value in signed.fields.items() if one != name})


def a_file_outside_its_range(signed, world, random):
    return signed.fields and form_call(world.host, signed.fields, random.choice([b"", b"x" * 101, b"x" * 5000]))


def another_policy(signed, world, random):
    """Its end later, a condition gone, or one of the forger's own, under the signature of the first."""
    if signed.fields is None:
        return None
    document = json.loads(base64.b64decode(signed.fields["policy"]))
    kept = [one for one in document["conditions"] if "content-length-range" not in one]
    changed = [{**document, "expiration": "2999-01-01T00:00:00Z"}, {**document, "conditions": kept}]
    changed.append({**document, "conditions": [["starts-with", "$key", ""]]})
    text = json.dumps(random.choice(changed))
    policy = random.choice([base64.b64encode(text.encode()).decode(), signed.fields["policy"] + "="])
    return form_call(world.host, {**signed.fields, "policy": policy})


def another_bucket_than_the_policy_says(signed, world, random):
    if signed.fields is None:
        return None
    return replace(form_call(world.host, signed.fields), path=random.choice(["/other", f"/{BUCKET}x"]))


def a_policy_signed_for_another_service(signed, world, random):
    if signed.form != "form v4":
        return None
    fields = {"key": signed.fields["key"], "bucket": BUCKET}
    service = random.choice(["sagemaker", "iam", "execute-api"])
    return form_call(world.host, sign_form(fields, [], Scope(signed.scope.keys, service)))


def a_policy_of_another_algorithm(signed, world, random):
    """The owner signed it, under an algorithm that there is not."""
    if signed.form != "form v4":
        return None
    other = random.choice(["none", "AWS4-HMAC-SHA1", "AWS4-ECDSA-P256-SHA256"])
    fields = sign_form({"key": signed.fields["key"], "bucket": BUCKET}, [], signed.scope, algorithm=other)
    return form_call(world.host, fields)


KINDS = {
    function.__name__.replace("_", " "): function
    for function in (
        a_field_of_the_form_changed,
        a_field_of_the_form_added,
        a_field_of_the_form_twice,
        a_field_of_the_form_taken_away,
        a_file_outside_its_range,
        another_policy,
        another_bucket_than_the_policy_says,
        a_policy_signed_for_another_service,
        a_policy_of_another_algorithm,
    )
}
