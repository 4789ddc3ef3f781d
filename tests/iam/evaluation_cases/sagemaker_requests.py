"""Requests to SageMaker that have every member which policies can ask for, and what they have to find in each.

Guide of September 2020, "Control Creation of SageMaker Resources with Condition Keys"; the operations of a key are
those of the Service Authorization Reference. Each request names something that is not there: nothing is ever made.
"""

from server_process import ACCOUNT

ROLE = f"arn:aws:iam::{ACCOUNT}:role/NobodyMadeThis"
VOLUME = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
OUTPUT = f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/results"
TEAM = "arn:aws:sagemaker:us-east-1:394669845002:workteam/public-crowd/default"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.0-1-cpu-py3"
STUDIO_IMAGE = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:image/own"
TAGS = {"Tags": [{"Key": "team", "Value": "red"}]}
VPC = {"Subnets": ["subnet-a1234"], "SecurityGroupIds": ["sg-12345"]}
S3 = "s3://nobody-made-this/x"
STOP = {"MaxRuntimeInSeconds": 3600}
CLUSTER = {
    "InstanceType": "ml.c5.xlarge",
    "InstanceCount": 1,
    "VolumeSizeInGB": 1,
    # As an id: policies ask for its ARN.
    "VolumeKmsKeyId": VOLUME.rpartition("/")[2],
}
NETWORK = {"EnableNetworkIsolation": True, "EnableInterContainerTrafficEncryption": True, "VpcConfig": VPC}
RESULTS = {"S3OutputPath": S3, "KmsKeyId": "alias/results"}
FILES = {
    "FileSystemId": "fs-0123456789abcdef0",
    "FileSystemAccessMode": "ro",
    "FileSystemType": "EFS",
    "DirectoryPath": "/sagemaker/xgboost-dm/train",
}
CHANNEL = {"ChannelName": "train", "DataSource": {"FileSystemDataSource": FILES}}
TRAINING = {
    "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
    "RoleArn": ROLE,
    "InputDataConfig": [CHANNEL],
    "OutputDataConfig": RESULTS,
    "ResourceConfig": CLUSTER,
    "VpcConfig": VPC,
    "StoppingCondition": STOP,
    "EnableNetworkIsolation": True,
    "EnableInterContainerTrafficEncryption": True,
}
TUNING = {
    "Strategy": "Bayesian",
    "ResourceLimits": {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1},
}
PROCESSING = {
    "ProcessingResources": {"ClusterConfig": CLUSTER},
    "ProcessingOutputConfig": {"Outputs": [], "KmsKeyId": "alias/results"},
    "StoppingCondition": STOP,
    "NetworkConfig": NETWORK,
    "RoleArn": ROLE,
}
MONITORING = {
    "MonitoringScheduleName": "watch",
    "MonitoringScheduleConfig": {
        "MonitoringJobDefinition": {
            "MonitoringInputs": [{"EndpointInput": {"EndpointName": "e", "LocalPath": "/opt/ml/in"}}],
            "MonitoringOutputConfig": {
                "MonitoringOutputs": [{"S3Output": {"S3Uri": S3, "LocalPath": "/opt/ml/out"}}],
                "KmsKeyId": "alias/results",
            },
            "MonitoringResources": {"ClusterConfig": CLUSTER},
            "MonitoringAppSpecification": {"ImageUri": IMAGE},
            "StoppingCondition": STOP,
            "NetworkConfig": NETWORK,
            "RoleArn": ROLE,
        }
    },
}
NOTEBOOK = {
    "NotebookInstanceName": "desk",
    "InstanceType": "ml.c5.xlarge",
    "RoleArn": ROLE,
    "AcceleratorTypes": ["ml.eia1.medium"],
    "RootAccess": "Disabled",
}
SPEC = {"InstanceType": "ml.t3.medium", "SageMakerImageArn": STUDIO_IMAGE}
SETTINGS = {
    "ExecutionRole": ROLE,
    "SecurityGroups": ["sg-12345"],
    "SharingSettings": {"NotebookOutputOption": "Allowed", "S3OutputPath": S3, "S3KmsKeyId": "alias/results"},
    "KernelGatewayAppSettings": {"DefaultResourceSpec": SPEC},
}
LABELING = {
    "LabelingJobName": "label",
    "LabelAttributeName": "label",
    "InputConfig": {"DataSource": {"S3DataSource": {"ManifestS3Uri": S3}}},
    "OutputConfig": {"S3OutputPath": S3, "KmsKeyId": "alias/results"},
    "RoleArn": ROLE,
    "LabelingJobAlgorithmsConfig": {
        "LabelingJobAlgorithmSpecificationArn": "arn:aws:sagemaker:us-east-1:027400017018:"
        "labeling-job-algorithm-specification/image-classification",
        "LabelingJobResourceConfig": {"VolumeKmsKeyId": VOLUME},
    },
    "HumanTaskConfig": {
        "WorkteamArn": TEAM,
        "UiConfig": {"UiTemplateS3Uri": S3},
        "PreHumanTaskLambdaArn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:pre",
        "TaskTitle": "t",
        "TaskDescription": "d",
        "NumberOfHumanWorkersPerDataObject": 1,
        "TaskTimeLimitInSeconds": 60,
        "AnnotationConsolidationConfig": {
            "AnnotationConsolidationLambdaArn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:post"
        },
    },
}
REVIEW = {
    "WorkteamArn": TEAM,
    "HumanTaskUiArn": f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:human-task-ui/ui",
    "TaskTitle": "t",
    "TaskDescription": "d",
    "TaskCount": 1,
}

# By operation in boto3's spelling.
REQUESTS = {
    "create_training_job": {"TrainingJobName": "train", **TRAINING, **TAGS},
    "create_processing_job": {
        "ProcessingJobName": "clean",
        "AppSpecification": {"ImageUri": IMAGE},
        **PROCESSING,
        **TAGS,
    },
    "create_transform_job": {
        "TransformJobName": "infer",
        "ModelName": "NobodyMadeThis",
        "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": S3}}},
        "TransformOutput": RESULTS,
        "TransformResources": {
            "InstanceType": "ml.c5.xlarge",
            "InstanceCount": 1,
            "VolumeKmsKeyId": VOLUME,
        },
        **TAGS,
    },
    "create_model": {
        "ModelName": "model",
        "PrimaryContainer": {"Image": "none/none:1"},
        "ExecutionRoleArn": ROLE,
        "EnableNetworkIsolation": True,
        "VpcConfig": VPC,
        **TAGS,
    },
    "create_endpoint_config": {
        "EndpointConfigName": "config",
        "KmsKeyId": VOLUME,
        "ProductionVariants": [
            {
                "VariantName": "all",
                "ModelName": "NobodyMadeThis",
                "InstanceType": "ml.c5.xlarge",
                "InitialInstanceCount": 1,
                "AcceleratorType": "ml.eia1.medium",
            }
        ],
        **TAGS,
    },
    "create_hyper_parameter_tuning_job": {
        "HyperParameterTuningJobName": "tune",
        "HyperParameterTuningJobConfig": TUNING,
        "TrainingJobDefinition": TRAINING,
        **TAGS,
    },
    "create_labeling_job": {**LABELING, **TAGS},
    "create_notebook_instance": {
        **NOTEBOOK,
        "SubnetId": "subnet-a1234",
        "SecurityGroupIds": ["sg-12345"],
        "KmsKeyId": VOLUME,
        "DirectInternetAccess": "Disabled",
        **TAGS,
    },
    "update_notebook_instance": NOTEBOOK,
    "create_auto_ml_job": {
        "AutoMLJobName": "auto",
        "InputDataConfig": [
            {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": S3}}, "TargetAttributeName": "y"}
        ],
        "OutputDataConfig": {"S3OutputPath": S3},
        "AutoMLJobConfig": {
            "SecurityConfig": {
                "VolumeKmsKeyId": VOLUME,
                "EnableInterContainerTrafficEncryption": True,
                "VpcConfig": VPC,
            }
        },
        "RoleArn": ROLE,
        **TAGS,
    },
    "create_compilation_job": {
        "CompilationJobName": "compile",
        "RoleArn": ROLE,
        "InputConfig": {"S3Uri": S3, "DataInputConfig": "{}", "Framework": "XGBOOST"},
        "OutputConfig": {"S3OutputLocation": S3, "TargetDevice": "ml_c5"},
        "StoppingCondition": STOP,
    },
    "create_monitoring_schedule": {**MONITORING, **TAGS},
    "update_monitoring_schedule": MONITORING,
    "create_domain": {
        "DomainName": "studio",
        "AuthMode": "IAM",
        "DefaultUserSettings": SETTINGS,
        "SubnetIds": ["subnet-a1234"],
        "VpcId": "vpc-1",
        "HomeEfsFileSystemKmsKeyId": VOLUME,
        **TAGS,
    },
    "update_domain": {"DomainId": "d-1", "DefaultUserSettings": SETTINGS},
    "create_user_profile": {"DomainId": "d-1", "UserProfileName": "ann", "UserSettings": SETTINGS, **TAGS},
    "update_user_profile": {"DomainId": "d-1", "UserProfileName": "ann", "UserSettings": SETTINGS},
    "create_app": {
        "DomainId": "d-1",
        "UserProfileName": "ann",
        "AppType": "KernelGateway",
        "AppName": "default",
        "ResourceSpec": SPEC,
        **TAGS,
    },
    "create_flow_definition": {
        "FlowDefinitionName": "review",
        "HumanLoopConfig": REVIEW,
        "OutputConfig": {"S3OutputPath": S3},
        "RoleArn": ROLE,
        **TAGS,
    },
    "create_algorithm": {
        "AlgorithmName": "algorithm",
        "TrainingSpecification": {
            "TrainingImage": "none/none:1",
            "SupportedTrainingInstanceTypes": ["ml.c5.xlarge"],
            "TrainingChannels": [
                {"Name": "train", "SupportedContentTypes": ["text/csv"], "SupportedInputModes": ["File"]}
            ],
        },
        "ValidationSpecification": {
            "ValidationRole": ROLE,
            "ValidationProfiles": [
                {
                    "ProfileName": "p",
                    "TrainingJobDefinition": {
                        "TrainingInputMode": "File",
                        "InputDataConfig": [CHANNEL],
                        "OutputDataConfig": {"S3OutputPath": S3},
                        "ResourceConfig": {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1},
                        "StoppingCondition": STOP,
                    },
                }
            ],
        },
    },
    "create_model_package": {
        "ModelPackageName": "package",
        "SourceAlgorithmSpecification": {"SourceAlgorithms": [{"AlgorithmName": "NobodyMadeThis"}]},
        "ValidationSpecification": {
            "ValidationRole": ROLE,
            "ValidationProfiles": [
                {
                    "ProfileName": "p",
                    "TransformJobDefinition": {
                        "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": S3}}},
                        "TransformOutput": {"S3OutputPath": S3},
                        "TransformResources": {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1},
                    },
                }
            ],
        },
    },
    "render_ui_template": {"Task": {"Input": "{}"}, "RoleArn": ROLE, "UiTemplate": {"Content": "x"}},
}

# What a policy finds under each key, with the operator that the guide's examples use for keys of its type.
VALUES = {
    "AcceleratorTypes": ("ForAnyValue:StringEquals", "ml.eia1.medium"),
    "DirectInternetAccess": ("StringEquals", "Disabled"),
    "DomainSharingOutputKmsKey": ("ArnEquals", OUTPUT),
    "FileSystemAccessMode": ("StringEquals", "ro"),
    "FileSystemDirectoryPath": ("StringEquals", "/sagemaker/xgboost-dm/train"),
    "FileSystemId": ("StringEquals", "fs-0123456789abcdef0"),
    "FileSystemType": ("StringEquals", "EFS"),
    "ImageArns": ("ForAnyValue:ArnEquals", STUDIO_IMAGE),
    "InstanceTypes": ("ForAnyValue:StringLike", "ml.c5.*"),
    "InterContainerTrafficEncryption": ("Bool", "true"),
    "MaxRuntimeInSeconds": ("NumericEquals", "3600"),
    "ModelArn": ("ArnEquals", f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:model/nobodymadethis"),
    "NetworkIsolation": ("Bool", "true"),
    "OutputKmsKey": ("ArnEquals", OUTPUT),
    "RootAccess": ("StringEquals", "Disabled"),
    "VolumeKmsKey": ("ArnLike", "arn:aws:kms:*:*:key/11111111-*"),
    "VpcSecurityGroupIds": ("ForAnyValue:StringEquals", "sg-12345"),
    "VpcSubnets": ("ForAnyValue:StringEquals", "subnet-a1234"),
    "WorkteamArn": ("ArnLike", "arn:aws:sagemaker:*:*:workteam/public-crowd/*"),
    "WorkteamType": ("StringEquals", "public-crowd"),
}

JOBS = "NetworkIsolation InterContainerTrafficEncryption MaxRuntimeInSeconds OutputKmsKey"
MACHINES = "InstanceTypes VolumeKmsKey"
PLACES = "VpcSecurityGroupIds VpcSubnets"
FILE_SYSTEMS = "FileSystemAccessMode FileSystemDirectoryPath FileSystemId FileSystemType"

# Service Authorization Reference, "Actions defined by Amazon SageMaker"; keys of members of September 2020.
KEYS_OF = {
    "create_training_job": f"{JOBS} {MACHINES} {PLACES} {FILE_SYSTEMS}",
    "create_processing_job": f"{JOBS} {MACHINES} {PLACES}",
    "create_transform_job": f"{MACHINES} ModelArn OutputKmsKey",
    "create_model": f"NetworkIsolation {PLACES}",
    "create_endpoint_config": f"AcceleratorTypes {MACHINES} ModelArn",
    "create_hyper_parameter_tuning_job": f"{JOBS} {MACHINES} {PLACES} {FILE_SYSTEMS}",
    "create_labeling_job": "OutputKmsKey VolumeKmsKey WorkteamArn WorkteamType",
    "create_notebook_instance": f"AcceleratorTypes DirectInternetAccess RootAccess {MACHINES} {PLACES}",
    "update_notebook_instance": "AcceleratorTypes InstanceTypes RootAccess",
    "create_auto_ml_job": f"InterContainerTrafficEncryption VolumeKmsKey {PLACES}",
    "create_monitoring_schedule": f"{JOBS} {MACHINES} {PLACES}",
    "update_monitoring_schedule": f"{JOBS} {MACHINES} {PLACES}",
    "create_domain": f"DomainSharingOutputKmsKey ImageArns VolumeKmsKey {PLACES}",
    "update_domain": "DomainSharingOutputKmsKey ImageArns VpcSecurityGroupIds",
    "create_user_profile": "DomainSharingOutputKmsKey ImageArns VpcSecurityGroupIds",
    "update_user_profile": "DomainSharingOutputKmsKey ImageArns VpcSecurityGroupIds",
    "create_app": "ImageArns",
    "create_flow_definition": "WorkteamArn WorkteamType",
}
