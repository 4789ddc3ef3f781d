// Rules of InputDataConfig that cross members. Developer guide, "Training input modes", and the API reference, Channel.
import type { Channel, CreateTrainingJobRequest } from "../../../../../../contract/sagemaker/types.ts";
import { errors } from "../../../../core/errors.ts";
import { isFifoOf } from "../../shared/feeding/plan.ts";
import { checkFileSystem, type FileSystems } from "../../shared/file-systems.ts";
import { notBuilt } from "../../shared/not-built.ts";
import { needS3Uri } from "../../shared/s3-uri.ts";
import { isPipe, modeOf } from "./channel.ts";

/** @throws ApiError Validation */
export function checkChannels(request: CreateTrainingJobRequest, fileSystems: FileSystems): void {
  const channels = request.InputDataConfig ?? [];
  const names = new Set<string>();
  for (const channel of channels) {
    if (names.has(channel.ChannelName))
      throw errors.validation(`InputDataConfig has the channel "${channel.ChannelName}" more than once.`);
    names.add(channel.ChannelName);
    checkName(channel);
    if (channel.DataSource.FileSystemDataSource) checkFileSystemChannel(channel, request, fileSystems);
    else checkChannel(channel, request);
  }
  for (const { ChannelName: name } of channels.filter((each) => isPipe(each, request))) {
    const taken = [...names].find((other) => isFifoOf(name, other));
    if (taken !== undefined)
      throw errors.validation(
        `InputDataConfig: the channel "${taken}" has the name of a FIFO of the channel "${name}"; choose another.`,
      );
  }
}

const whereOf = ({ ChannelName }: Channel): string => `InputDataConfig "${ChannelName}"`;

function checkName(channel: Channel): void {
  if (channel.ChannelName === "." || channel.ChannelName === "..")
    throw errors.validation(`${whereOf(channel)}: a channel cannot have this name.`);
}

function checkFileSystemChannel(channel: Channel, request: CreateTrainingJobRequest, fileSystems: FileSystems): void {
  const where = whereOf(channel);
  const { FileSystemDataSource: source, S3DataSource } = channel.DataSource;
  if (!source) return;
  if (S3DataSource) throw errors.validation(`${where}: DataSource must have one source, got an S3DataSource too.`);
  if (modeOf(channel, request) !== "File")
    throw errors.validation(`${where}: a FileSystemDataSource needs the input mode File.`);
  if (!request.VpcConfig)
    throw errors.validation(
      `${where}: a FileSystemDataSource needs VpcConfig, the network that reaches the file system.`,
    );
  checkFileSystem(source, fileSystems, `${where}.FileSystemDataSource`);
}

function checkChannel(channel: Channel, request: CreateTrainingJobRequest): void {
  const where = whereOf(channel);
  const mode = modeOf(channel, request);
  if (mode !== "File" && mode !== "Pipe") throw notBuilt(`${where}: input mode ${mode}`);
  const source = channel.DataSource.S3DataSource;
  if (!source) throw errors.validation(`${where}: DataSource must have an S3DataSource, got none.`);
  if (mode === "File") checkFileMode(channel, where);
  checkSource(source, mode, where);
}

function checkFileMode(channel: Channel, where: string): void {
  if (channel.RecordWrapperType === "RecordIO")
    throw errors.validation(`${where}: RecordWrapperType RecordIO needs the input mode Pipe.`);
  if (channel.CompressionType === "Gzip")
    throw errors.validation(
      `${where}: CompressionType Gzip needs the input mode Pipe; in File mode files stay as they are.`,
    );
}

type S3DataSource = NonNullable<Channel["DataSource"]["S3DataSource"]>;

function checkSource(source: S3DataSource, mode: string, where: string): void {
  const { S3DataType: type, AttributeNames: attributes = [], S3Uri } = source;
  if (type === "AugmentedManifestFile") {
    if (mode !== "Pipe")
      throw errors.validation(`${where}: S3DataType AugmentedManifestFile needs the input mode Pipe, got ${mode}.`);
    if (attributes.length === 0)
      throw errors.validation(
        `${where}: AttributeNames must name 1 to 16 attributes of the augmented manifest, got none.`,
      );
  } else if (type !== "S3Prefix" && type !== "ManifestFile") throw notBuilt(`${where}.S3DataType ${type}`);
  else if (attributes.length > 0)
    throw errors.validation(`${where}: AttributeNames can only be given with S3DataType AugmentedManifestFile.`);
  const { key } = needS3Uri(S3Uri, `${where}.S3Uri`);
  if (key === "" && type !== "S3Prefix")
    throw errors.validation(`${where}.S3Uri: a ${type} is an object, got the bucket ${S3Uri}.`);
}
