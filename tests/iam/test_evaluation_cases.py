"""Decisions of IAM, asked by simulation: the tables of evaluation_cases, one call for each row."""

import json

import pytest
from evaluation_cases.conditions import CONDITIONS
from evaluation_cases.elements import ACTIONS, OBJECT, RESOURCES, VARIABLES, VERSIONS
from evaluation_cases.layers import (
    ANN,
    BOUNDARIES,
    BOUNDARIES_BEFORE_RESOURCES,
    HERE,
    OTHER_ACCOUNT,
    SAME_ACCOUNT,
    THERE,
)
from policies import allow, deny, policy

DAVID = "arn:aws:iam::123456789012:user/David"


def entries(keys):
    """ContextEntries of a mapping from key to value or values."""
    return [
        {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
        if isinstance(value, str)
        else {"ContextKeyName": key, "ContextKeyValues": value, "ContextKeyType": "stringList"}
        for key, value in keys.items()
    ]


@pytest.fixture
def decide(iam):
    """decide(policies, action, resource, keys, …) simulates one call: its decision."""

    def ask(documents, action, resource="*", keys=None, **more):
        answer = iam.simulate_custom_policy(
            PolicyInputList=documents,
            ActionNames=[action],
            ResourceArns=[resource],
            ContextEntries=entries(keys or {}),
            **more,
        )
        (result,) = answer["EvaluationResults"]
        return result["EvalDecision"]

    return ask


def rows(table):
    return pytest.mark.parametrize("row", table.values(), ids=table.keys())


@rows(CONDITIONS)
def test_conditions(decide, row):
    condition, keys, holds = row
    allowing = [policy(allow("s3:GetObject", Condition=condition))]
    denying = [policy(allow("*"), deny("s3:GetObject", Condition=condition))]
    assert decide(allowing, "s3:GetObject", OBJECT, keys) == ("allowed" if holds else "implicitDeny")
    assert decide(denying, "s3:GetObject", OBJECT, keys) == ("explicitDeny" if holds else "allowed")


@rows({**ACTIONS, **RESOURCES})
def test_actions_and_resources(decide, row):
    statements, action, resource, decision = row
    assert decide([policy(*statements)], action, resource) == decision


@rows(VARIABLES)
def test_variables(decide, row):
    statements, action, resource, keys, decision = row
    assert decide([policy(*statements)], action, resource, keys, CallerArn=DAVID) == decision


@rows(VERSIONS)
def test_versions(decide, row):
    version, statements, action, resource, decision = row
    document = json.dumps({"Statement": statements, **({"Version": version} if version else {})})
    assert decide(given([]), action, resource, CallerArn=DAVID, ResourcePolicy=document) == decision


@rows(BOUNDARIES)
def test_boundaries(decide, row):
    statements, boundary, action, decision = row
    found = decide(given(statements), action, OBJECT, PermissionsBoundaryPolicyInputList=[policy(*boundary)])
    assert found == decision


@rows(SAME_ACCOUNT)
def test_resources_of_the_same_account(decide, row):
    statements, resource, action, decision = row
    found = decide(
        given(statements), action, OBJECT, CallerArn=ANN, ResourceOwner=HERE, ResourcePolicy=policy(*resource)
    )
    assert found == decision


@rows(BOUNDARIES_BEFORE_RESOURCES)
def test_boundaries_before_resources(decide, row):
    statements, boundary, resource, action, decision = row
    found = decide(
        given(statements),
        action,
        OBJECT,
        CallerArn=ANN,
        ResourceOwner=HERE,
        ResourcePolicy=policy(*resource),
        PermissionsBoundaryPolicyInputList=[policy(*boundary)],
    )
    assert found == decision


@rows(OTHER_ACCOUNT)
def test_resources_of_another_account(decide, row):
    statements, resource, action, decision, *boundary = row
    limits = {"PermissionsBoundaryPolicyInputList": [policy(*boundary[0])]} if boundary else {}
    found = decide(
        given(statements),
        action,
        OBJECT,
        CallerArn=ANN,
        ResourceOwner=f"arn:aws:iam::{THERE}:root",
        ResourcePolicy=policy(*resource),
        **limits,
    )
    assert found == decision


def given(statements):
    """PolicyInputList needs a document; one that allows something else stands for none."""
    return [policy(*(statements or [allow("cloudwatch:GetMetricData")]))]
