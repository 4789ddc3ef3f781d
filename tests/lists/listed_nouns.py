"""Every noun of SageMaker that is listed: how one is made, what its list calls things and in which order they come."""

import dataclasses
from collections.abc import Callable

from processing_jobs import cluster
from record_nouns import INFERENCE, POOL, SCRIPT, TEMPLATE, TRAINING, a_flow, a_team
from server_process import ROLE, wait_until
from xgboost_jobs import IMAGE, training_request

UP, DOWN = "Ascending", "Descending"
CREATED = "CreationTime"


@dataclasses.dataclass
class Listed:
    list: str
    """The operation."""
    items: str
    """The member of its answer."""
    name: str
    """The member of an item, and of a request, that names it."""
    create: str
    request: Callable
    """request(name, world): what else creates one."""
    order: tuple
    """What it sorts by where nobody says so, and which way (operations' own texts, see the sheet of jobs)."""
    status: str = ""
    created: str = CREATED
    modified: str = "LastModifiedTime"
    most: int = 8
    """How many are made."""


def a_training_job(name, world):
    # One is enough that trains: the others have no data.
    folder = "train/" if name == NAMES[0] else "nothing/"
    request = training_request(name, world.bucket, {"num_round": 1})
    request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"] = f"s3://{world.bucket}/{folder}"
    return request


def a_processing_job(name, world):
    command = "true" if world.is_odd(name) else "false"
    return {
        "ProcessingResources": cluster(),
        "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": [command]},
        "RoleArn": ROLE,
    }


def a_transform_job(name, world):
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{world.bucket}/{name}/"}
    return {
        "ModelName": world.model,
        "TransformInput": {"ContentType": "text/csv", "DataSource": {"S3DataSource": source}},
        "TransformOutput": {"S3OutputPath": f"s3://{world.bucket}/out/"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }


def variants(world):
    return [
        {"VariantName": "a", "ModelName": world.model, "InitialInstanceCount": 1, "InstanceType": "ml.t2.medium"},
    ]


LISTED = (
    Listed(
        "ListTrainingJobs",
        "TrainingJobSummaries",
        "TrainingJobName",
        "CreateTrainingJob",
        a_training_job,
        (CREATED, UP),
        "TrainingJobStatus",
        most=4,
    ),
    Listed(
        "ListProcessingJobs",
        "ProcessingJobSummaries",
        "ProcessingJobName",
        "CreateProcessingJob",
        a_processing_job,
        (CREATED, UP),
        "ProcessingJobStatus",
        most=4,
    ),
    Listed(
        "ListTransformJobs",
        "TransformJobSummaries",
        "TransformJobName",
        "CreateTransformJob",
        a_transform_job,
        (CREATED, DOWN),
        "TransformJobStatus",
        most=4,
    ),
    Listed(
        "ListModels",
        "Models",
        "ModelName",
        "CreateModel",
        lambda name, world: {"PrimaryContainer": {"Image": IMAGE}},
        (CREATED, DOWN),
    ),
    Listed(
        "ListEndpointConfigs",
        "EndpointConfigs",
        "EndpointConfigName",
        "CreateEndpointConfig",
        lambda name, world: {"ProductionVariants": variants(world)},
        (CREATED, DOWN),
    ),
    Listed(
        "ListEndpoints",
        "Endpoints",
        "EndpointName",
        "CreateEndpoint",
        lambda name, world: {"EndpointConfigName": world.config},
        (CREATED, DOWN),
        "EndpointStatus",
        most=3,
    ),
    Listed(
        "ListAlgorithms",
        "AlgorithmSummaryList",
        "AlgorithmName",
        "CreateAlgorithm",
        lambda name, world: {"TrainingSpecification": TRAINING, "InferenceSpecification": INFERENCE},
        (CREATED, UP),
    ),
    Listed(
        "ListModelPackages",
        "ModelPackageSummaryList",
        "ModelPackageName",
        "CreateModelPackage",
        lambda name, world: {"InferenceSpecification": INFERENCE},
        (CREATED, UP),
    ),
    Listed(
        "ListCodeRepositories",
        "CodeRepositorySummaryList",
        "CodeRepositoryName",
        "CreateCodeRepository",
        lambda name, world: {"GitConfig": {"RepositoryUrl": "https://github.com/acme/models"}},
        ("Name", UP),
    ),
    Listed(
        "ListNotebookInstanceLifecycleConfigs",
        "NotebookInstanceLifecycleConfigs",
        "NotebookInstanceLifecycleConfigName",
        "CreateNotebookInstanceLifecycleConfig",
        lambda name, world: {"OnStart": [{"Content": SCRIPT}]},
        (CREATED, UP),
    ),
    Listed(
        "ListHumanTaskUis",
        "HumanTaskUiSummaries",
        "HumanTaskUiName",
        "CreateHumanTaskUi",
        lambda name, world: {"UiTemplate": {"Content": TEMPLATE}},
        (CREATED, UP),
    ),
    Listed(
        "ListFlowDefinitions",
        "FlowDefinitionSummaries",
        "FlowDefinitionName",
        "CreateFlowDefinition",
        lambda name, world: a_flow(name, world.team, world.template),
        (CREATED, UP),
    ),
    Listed(
        "ListWorkteams",
        "Workteams",
        "WorkteamName",
        "CreateWorkteam",
        lambda name, world: a_team(name),
        ("CreateDate", UP),
        created="CreateDate",
        modified="LastUpdatedDate",
    ),
    Listed(
        "ListWorkforces",
        "Workforces",
        "WorkforceName",
        "CreateWorkforce",
        lambda name, world: {"CognitoConfig": POOL},
        ("CreateDate", UP),
        created="CreateDate",
        modified="LastUpdatedDate",
        most=0,
    ),
    Listed(
        "ListExperiments",
        "ExperimentSummaries",
        "ExperimentName",
        "CreateExperiment",
        lambda name, world: {},
        (CREATED, DOWN),
    ),
    Listed(
        "ListTrials",
        "TrialSummaries",
        "TrialName",
        "CreateTrial",
        lambda name, world: {"ExperimentName": world.experiment},
        (CREATED, DOWN),
    ),
    Listed(
        "ListTrialComponents",
        "TrialComponentSummaries",
        "TrialComponentName",
        "CreateTrialComponent",
        lambda name, world: {},
        (CREATED, DOWN),
    ),
)

#: Some of one word, some of another, not in the order in which they are made; lower-case, for sorts by name.
NAMES = ("kiwi-3", "apple-7", "kiwi-1", "fig-apple-2", "zest-9", "apple-0", "kiwi-2", "banana-5")


class World:
    """What things need to be made, in a region of its own."""

    bucket = "lists"
    experiment = "the-experiment"
    model = "the-model"
    config = "the-config"

    def __init__(self, server, calls):
        self.calls = calls
        s3 = server.client("s3")
        # In us-east-1 it may be there already.
        s3.create_bucket(Bucket=self.bucket)
        s3.put_object(Bucket=self.bucket, Key="train/a.csv", Body=b"0,1.4\n1,4.7\n" * 10)
        self.ask("CreateExperiment", ExperimentName=self.experiment)
        # What would run it fails before a container is started, as this is no archive.
        s3.put_object(Bucket=self.bucket, Key="model.tar.gz", Body=b"not one")
        container = {"Image": IMAGE, "ModelDataUrl": f"s3://{self.bucket}/model.tar.gz"}
        self.ask("CreateModel", ModelName=self.model, PrimaryContainer=container, ExecutionRoleArn=ROLE)
        self.ask("CreateEndpointConfig", EndpointConfigName=self.config, ProductionVariants=variants(self))
        self.team = self.ask("CreateWorkteam", **a_team("the-team"))["WorkteamArn"]
        content = {"UiTemplate": {"Content": TEMPLATE}}
        self.template = self.ask("CreateHumanTaskUi", HumanTaskUiName="the-template", **content)["HumanTaskUiArn"]

    def fill(self):
        """Makes things of every noun, and waits until nothing changes any more."""
        for noun in LISTED:
            for name in NAMES[: noun.most]:
                self.ask(noun.create, **{noun.name: name, **noun.request(name, self)})
        wait_until(self.are_settled, 120, "jobs and endpoints of the lists are settled")

    def ask(self, operation, **given):
        return self.calls.answer(operation, given)

    @staticmethod
    def is_odd(name):
        return int(name[-1]) % 2 == 1

    def are_settled(self):
        moving = ("InProgress", "Stopping", "Creating", "Deleting")
        return not any(
            item[noun.status] in moving for noun in LISTED if noun.status for item in self.items(noun, MaxResults=100)
        )

    def items(self, noun, **query):
        """All items of a list, page by page."""
        found, token = [], {}
        while True:
            answer = self.ask(noun.list, **query, **token)
            found += answer[noun.items]
            assert len(answer[noun.items]) <= query.get("MaxResults", 10)
            if "NextToken" not in answer:
                return found
            token = {"NextToken": answer["NextToken"]}

    def names(self, noun, **query):
        return [item[noun.name] for item in self.items(noun, **query)]
