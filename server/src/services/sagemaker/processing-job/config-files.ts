// The files of /opt/ml/config: what a program may know of its job (container contract of processing). Pure.
import type { NetworkConfig, ProcessingInput, ProcessingOutput } from "../../../../../contract/sagemaker/types.ts";
import { resourceConfig } from "../shared/hosts.ts";
import { hostsOf, maxRuntimeSeconds, type ProcessingDocument } from "./document.ts";

/** Content by file name. `unitId`: of the host whose files they are. */
export const configFiles = (document: ProcessingDocument, unitId: string): Readonly<Record<string, unknown>> => ({
  "processingjobconfig.json": jobConfig(document),
  "resourceconfig.json": resourceConfig(hostsOf(document), unitId),
});

/** The request with its defaults; what it does not have is null. */
function jobConfig({ request, arn }: ProcessingDocument) {
  const { AppSpecification: app, ProcessingOutputConfig: outputs, NetworkConfig: network } = request;
  const { ClusterConfig: cluster } = request.ProcessingResources;
  return {
    ProcessingJobArn: arn,
    ProcessingJobName: request.ProcessingJobName,
    AppSpecification: {
      ImageUri: app.ImageUri,
      ContainerEntrypoint: app.ContainerEntrypoint ?? null,
      ContainerArguments: app.ContainerArguments ?? null,
    },
    Environment: request.Environment ?? {},
    ProcessingInputs: (request.ProcessingInputs ?? []).map(inputConfig),
    ProcessingOutputConfig: {
      Outputs: (outputs?.Outputs ?? []).map(outputConfig),
      KmsKeyId: outputs?.KmsKeyId ?? null,
    },
    ProcessingResources: {
      ClusterConfig: {
        InstanceCount: cluster.InstanceCount,
        InstanceType: cluster.InstanceType,
        VolumeSizeInGB: cluster.VolumeSizeInGB,
        VolumeKmsKeyId: cluster.VolumeKmsKeyId ?? null,
      },
    },
    ...(network ? { NetworkConfig: networkConfig(network) } : {}),
    RoleArn: request.RoleArn,
    StoppingCondition: { MaxRuntimeInSeconds: maxRuntimeSeconds(request) },
  };
}

const inputConfig = ({ InputName, S3Input: s3 }: ProcessingInput) => ({
  InputName,
  S3Input: {
    LocalPath: s3?.LocalPath,
    S3Uri: s3?.S3Uri,
    S3DataDistributionType: s3?.S3DataDistributionType ?? "FullyReplicated",
    S3DataType: s3?.S3DataType,
    S3InputMode: s3?.S3InputMode ?? "File",
    S3CompressionType: s3?.S3CompressionType ?? "None",
    // Not a member of the API of 2020.
    S3DownloadMode: "StartOfJob",
  },
});

const outputConfig = ({ OutputName, S3Output: s3 }: ProcessingOutput) => ({
  OutputName,
  S3Output: { LocalPath: s3?.LocalPath, S3Uri: s3?.S3Uri, S3UploadMode: s3?.S3UploadMode },
});

const networkConfig = (network: NetworkConfig) => ({
  EnableInterContainerTrafficEncryption: network.EnableInterContainerTrafficEncryption ?? false,
  EnableNetworkIsolation: network.EnableNetworkIsolation ?? false,
  VpcConfig: network.VpcConfig ?? null,
});
