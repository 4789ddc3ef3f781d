"""The records of SageMaker, a row each: how one is made, found, listed and removed, with the least that it needs."""

import base64
import dataclasses

from server_process import ROLE
from xgboost_jobs import IMAGE

SCRIPT = base64.b64encode(b"#!/bin/sh\necho hello\n").decode()
TRAINING = {
    "TrainingImage": IMAGE,
    "SupportedTrainingInstanceTypes": ["ml.m5.large"],
    "TrainingChannels": [{"Name": "train", "SupportedContentTypes": ["text/csv"], "SupportedInputModes": ["File"]}],
}
INFERENCE = {
    "Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://models/model.tar.gz"}],
    "SupportedContentTypes": ["text/csv"],
    "SupportedResponseMIMETypes": ["text/csv"],
    "SupportedTransformInstanceTypes": ["ml.m4.xlarge"],
    "SupportedRealtimeInferenceInstanceTypes": ["ml.m4.xlarge"],
}
POOL = {"UserPool": "eu-west-1_AbCdEf", "ClientId": "client1"}
TEMPLATE = "<crowd-form>{{ task.input.text }}</crowd-form>"


@dataclasses.dataclass
class Noun:
    word: str
    """As in boto3's names: code_repository."""
    name: str
    """The member of requests that names one."""
    arn: str
    """The member of answers that has its ARN."""
    many: str
    """list_<many>."""
    listed: str
    """The member of the list's answer."""
    request: dict
    missing: tuple
    duplicate: str
    sorts: bool = True
    """Whether the list takes SortBy and NameContains."""

    def create(self, sagemaker, name, **more):
        answer = getattr(sagemaker, f"create_{self.word}")(**{self.name: name}, **self.request, **more)
        return answer[self.arn]

    def describe(self, sagemaker, name):
        return getattr(sagemaker, f"describe_{self.word}")(**{self.name: name})

    def delete(self, sagemaker, name):
        return getattr(sagemaker, f"delete_{self.word}")(**{self.name: name})

    def names(self, sagemaker, **query):
        answer = getattr(sagemaker, f"list_{self.many}")(**query)
        return [row[self.name] for row in answer[self.listed]], answer.get("NextToken")


NOUNS = {
    "a code repository": Noun(
        "code_repository",
        "CodeRepositoryName",
        "CodeRepositoryArn",
        "code_repositories",
        "CodeRepositorySummaryList",
        {"GitConfig": {"RepositoryUrl": "https://github.com/acme/models", "Branch": "main"}},
        ("ValidationException", "Cannot find CodeRepository"),
        "ValidationException",
    ),
    "a lifecycle configuration": Noun(
        "notebook_instance_lifecycle_config",
        "NotebookInstanceLifecycleConfigName",
        "NotebookInstanceLifecycleConfigArn",
        "notebook_instance_lifecycle_configs",
        "NotebookInstanceLifecycleConfigs",
        {"OnStart": [{"Content": SCRIPT}]},
        ("ValidationException", "Notebook Instance Lifecycle Config does not exist"),
        "ValidationException",
    ),
    "a template": Noun(
        "human_task_ui",
        "HumanTaskUiName",
        "HumanTaskUiArn",
        "human_task_uis",
        "HumanTaskUiSummaries",
        {"UiTemplate": {"Content": TEMPLATE}},
        ("ResourceNotFound", "Could not find human task UI"),
        "ResourceInUse",
        sorts=False,
    ),
    "an algorithm": Noun(
        "algorithm",
        "AlgorithmName",
        "AlgorithmArn",
        "algorithms",
        "AlgorithmSummaryList",
        {"TrainingSpecification": TRAINING, "InferenceSpecification": INFERENCE},
        ("ValidationException", "does not exist"),
        "ValidationException",
    ),
    "a model package": Noun(
        "model_package",
        "ModelPackageName",
        "ModelPackageArn",
        "model_packages",
        "ModelPackageSummaryList",
        {"InferenceSpecification": INFERENCE},
        ("ValidationException", "does not exist"),
        "ValidationException",
    ),
}


def of_pool(group="dock", **more):
    """Members of a work team: a group of the user pool."""
    return {"CognitoMemberDefinition": {**POOL, "UserGroup": group, **more}}


def a_team(name, *members, **more):
    """Input of CreateWorkteam."""
    members = members or (of_pool(),)
    return {"WorkteamName": name, "Description": "Those on the dock", "MemberDefinitions": list(members), **more}


def a_flow(name, team, template, **more):
    """Input of CreateFlowDefinition with the least that it needs."""
    return {
        "FlowDefinitionName": name,
        "HumanLoopConfig": {
            "WorkteamArn": team,
            "HumanTaskUiArn": template,
            "TaskTitle": "Check",
            "TaskDescription": "Check the text",
            "TaskCount": 1,
        },
        "OutputConfig": {"S3OutputPath": "s3://reviews/"},
        "RoleArn": ROLE,
        **more,
    }
