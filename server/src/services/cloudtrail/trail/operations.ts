// Trails: where the events of an account are written to.
// Source: CloudTrail API reference; texts of errors as moto's tests have them.
// Gap: EnableLogFileValidation, trails of organizations and recursive logging are refused by name.
// Gap: read-only calls are not told to EventBridge, also not for rules that are enabled with all management events.
import { isDeepStrictEqual } from "node:util";
import type {
  Operations as Contract,
  CreateTrailRequest,
  UpdateTrailRequest,
} from "../../../../../contract/cloudtrail/types.ts";
import type { Call } from "../../../core/call.ts";
import { ApiError, errors } from "../../../core/errors.ts";
import type { Operations } from "../../../core/service.ts";
import { guarded } from "../../../store/rows/guarded.ts";
import { Conflict } from "../../../store/rows/rows.ts";
import {
  alreadyExists,
  bucketMissing,
  bucketPolicy,
  invalidCombination,
  keyMissing,
  keyPolicy,
  tooManyTrails,
} from "../errors.ts";
import { writeFile } from "../shared/delivery.ts";
import { instant } from "../shared/events.ts";
import { serveTrail } from "../shared/serving.ts";
import { withTags } from "../shared/tags.ts";
import {
  allTrails,
  changeTrail,
  checkName,
  DEFAULT_SELECTORS,
  onTrail,
  type Parts,
  placeOf,
  requireAtHome,
  requireTrail,
  TRAIL,
  type TrailDocument,
  type TrailRow,
  trailArn,
  trailKey,
} from "../shared/trails.ts";
import { checkDestinations, destinationsOf, passRole } from "./destinations.ts";

/** CloudTrail user guide, "Quotas": trails in a region. */
const MOST_TRAILS = 5;

export const trail = (parts: Parts): Operations<Contract> => ({
  CreateTrail: {
    permissions: (input, call) => [onTrail(call, input.Name), ...passRole(input)],
    run: (input, call) => createTrail(parts, call, input),
  },
  UpdateTrail: {
    permissions: (input, call) => [onTrail(call, input.Name), ...passRole(input)],
    async run(input, call) {
      refuseUnbuilt(input);
      const find = () => requireAtHome(parts, call, input.Name);
      const row = await find();
      const change = updated(call, input);
      const next = { ...row, document: change(row.document) };
      checkScope(next.document);
      await checkTargets(parts, next);
      return facts(await changeTrail(parts, find, change, call.at));
    },
  },
  DeleteTrail: {
    permissions: ({ Name }, call) => [onTrail(call, Name)],
    async run({ Name }, call) {
      const row = await requireAtHome(parts, call, Name);
      await finish(parts, row);
      const { kind, scope, name } = row;
      await parts.rows.commit({ remove: [{ kind, scope, name }] });
      await parts.feed.look(call.account);
      return {};
    },
  },
  GetTrail: {
    permissions: ({ Name }, call) => [onTrail(call, Name)],
    run: async ({ Name }, call) => ({ Trail: described(await requireTrail(parts, call, Name)) }),
  },
  DescribeTrails: {
    async run({ trailNameList: names = [], includeShadowTrails = true }, call) {
      const isHere = (row: TrailRow) => placeOf(row).region === call.region;
      const isShown = (row: TrailRow) => isHere(row) || (includeShadowTrails && row.document.isMultiRegion);
      const isNamed = (row: TrailRow) =>
        names.length === 0 || names.includes(trailArn(row)) || (isShown(row) && names.includes(placeOf(row).trail));
      const all = await allTrails(parts, call.account);
      return { trailList: all.filter((row) => isNamed(row) && (names.length > 0 || isShown(row))).map(described) };
    },
  },
  ListTrails: {
    async run(_input, call) {
      const all = await allTrails(parts, call.account);
      return {
        Trails: all.map((row) => {
          const { region, trail: name } = placeOf(row);
          return { TrailARN: trailArn(row), Name: name, HomeRegion: region };
        }),
      };
    },
  },
  GetTrailStatus: {
    permissions: ({ Name }, call) => [onTrail(call, Name)],
    run: async ({ Name }, call) => statusOf(await requireTrail(parts, call, Name)),
  },
  StartLogging: {
    permissions: ({ Name }, call) => [onTrail(call, Name)],
    async run({ Name }, call) {
      const row = await requireAtHome(parts, call, Name);
      if (row.document.delivered !== undefined) return {};
      await tryToWrite(parts, row);
      const { next } = await parts.calls.follow({ account: call.account, limit: 0 });
      const find = () => requireAtHome(parts, call, Name);
      const start = (document: TrailDocument) => ({
        ...document,
        startedAt: call.at,
        delivered: document.delivered ?? next,
        logged: document.logs && (document.logged ?? next),
      });
      await changeTrail(parts, find, start, call.at);
      await parts.feed.look(call.account);
      return {};
    },
  },
  StopLogging: {
    permissions: ({ Name }, call) => [onTrail(call, Name)],
    async run({ Name }, call) {
      const find = () => requireAtHome(parts, call, Name);
      await finish(parts, await find());
      const stop = ({ delivered, logged: _, ...document }: TrailDocument) =>
        delivered === undefined ? document : { ...document, stoppedAt: call.at };
      await changeTrail(parts, find, stop, call.at);
      await parts.feed.look(call.account);
      return {};
    },
  },
});

/** What the request leaves out stays as it is. */
const updated =
  (call: Call, input: UpdateTrailRequest) =>
  (old: TrailDocument): TrailDocument => {
    const { topicArn, logs } = destinationsOf(call, input, old);
    return {
      ...old,
      bucket: input.S3BucketName ?? old.bucket,
      prefix: input.S3KeyPrefix === undefined ? old.prefix : input.S3KeyPrefix || undefined,
      isGlobal: input.IncludeGlobalServiceEvents ?? old.isGlobal,
      isMultiRegion: input.IsMultiRegionTrail ?? old.isMultiRegion,
      kmsKeyId: input.KmsKeyId === undefined ? old.kmsKeyId : input.KmsKeyId || undefined,
      topicArn,
      logs,
      // A group that is set while the trail logs gets what is called from then on.
      logged: logs && (old.logs ? old.logged : old.delivered),
    };
  };

/** @throws ApiError of names, buckets, keys and numbers of trails */
async function createTrail(parts: Parts, call: Call, input: CreateTrailRequest) {
  checkName(input.Name);
  refuseUnbuilt(input);
  const document: TrailDocument = {
    bucket: input.S3BucketName,
    prefix: input.S3KeyPrefix || undefined,
    isGlobal: input.IncludeGlobalServiceEvents ?? true,
    isMultiRegion: input.IsMultiRegionTrail ?? false,
    kmsKeyId: input.KmsKeyId || undefined,
    ...destinationsOf(call, input),
    selectors: DEFAULT_SELECTORS,
    tags: withTags({}, input.TagsList ?? []),
  };
  checkScope(document);
  const key = trailKey(call.account, call.region, input.Name);
  const look = async () => {
    const here = (await allTrails(parts, call.account)).filter((one) => placeOf(one).region === call.region);
    if (here.some(({ name }) => name === key.name)) throw isThere(input.Name, call);
    if (here.length < MOST_TRAILS) return;
    throw tooManyTrails(`User: ${call.account} already has ${MOST_TRAILS} trails in ${call.region}.`);
  };
  await look();
  const row = { ...key, status: "", createdAt: call.at, modifiedAt: call.at, document };
  await checkTargets(parts, { ...row, version: 1 });
  try {
    const guards = [{ kind: "quota-guard", scope: call.account, name: `${TRAIL} ${call.region}` }];
    await guarded({ rows: parts.rows, guards, look }).commit({ expect: [{ key, version: "absent" }], put: [row] });
  } catch (cause) {
    throw cause instanceof Conflict ? isThere(input.Name, call) : cause;
  }
  return facts({ ...row, version: 1 });
}

/** That it may write to its bucket, topic and log group. @throws ApiError */
async function checkTargets(parts: Parts, row: TrailRow): Promise<void> {
  await tryToWrite(parts, row);
  await checkDestinations(parts, row);
}

/** What was called while the trail logged is in its files also when that was just now. */
async function finish(parts: Parts, row: TrailRow): Promise<void> {
  if (row.document.delivered === undefined) return;
  await serveTrail(parts, row);
  await parts.feed.catchUp(row.scope);
}

const isThere = (name: string, { account }: Call): ApiError =>
  alreadyExists(`Trail ${name} already exists for customer: ${account}`);

/** @throws ApiError InvalidParameterCombination */
function checkScope({ isMultiRegion, isGlobal }: TrailDocument): void {
  if (isMultiRegion && !isGlobal) throw invalidCombination("Multi-Region trail must include global service events.");
}

/** @throws ApiError NotYetAvailable naming the member */
function refuseUnbuilt(input: CreateTrailRequest | UpdateTrailRequest): void {
  const asked = {
    EnableLogFileValidation: input.EnableLogFileValidation,
    IsOrganizationTrail: input.IsOrganizationTrail,
    RecursiveLogging: input.RecursiveLogging,
  };
  const found = Object.entries(asked).find(([, value]) => value !== undefined && value !== false);
  if (found) throw errors.notYetAvailable(`${found[0]} of a trail is not yet available in Sagebrush.`);
}

/** The empty object that CloudTrail leaves in a bucket, which shows that it may write there. @throws ApiError */
async function tryToWrite(parts: Parts, row: TrailRow): Promise<void> {
  const { bucket, prefix, kmsKeyId } = row.document;
  const trail = { arn: trailArn(row), account: row.scope, bucket, prefix, kmsKeyId };
  const file = { path: "CloudTrail/", content: new Uint8Array(), contentType: "application/octet-stream" };
  try {
    await writeFile(parts, trail, file);
  } catch (cause) {
    if (!(cause instanceof ApiError)) throw cause;
    if (cause.code === "NoSuchBucket") throw bucketMissing(`S3 bucket ${bucket} does not exist!`);
    if (/NotFound/.test(cause.code)) throw keyMissing(`The KMS key ${kmsKeyId} does not exist.`);
    if (/kms/i.test(`${cause.code} ${cause.message}`)) {
      throw keyPolicy(`CloudTrail may not encrypt with the KMS key ${kmsKeyId}: ${cause.message}`);
    }
    throw bucketPolicy(`Incorrect S3 bucket policy is detected for bucket: ${bucket}`);
  }
}

function described(row: TrailRow) {
  return {
    ...facts(row),
    HomeRegion: placeOf(row).region,
    HasCustomEventSelectors: !isDeepStrictEqual(row.document.selectors, DEFAULT_SELECTORS),
    HasInsightSelectors: false,
  };
}

/** What answers to those who make or change a trail have too. */
function facts(row: TrailRow) {
  const { bucket, prefix, isGlobal, isMultiRegion, kmsKeyId, topicArn, logs } = row.document;
  return {
    Name: placeOf(row).trail,
    S3BucketName: bucket,
    ...(prefix === undefined ? {} : { S3KeyPrefix: prefix }),
    IncludeGlobalServiceEvents: isGlobal,
    IsMultiRegionTrail: isMultiRegion,
    TrailARN: trailArn(row),
    LogFileValidationEnabled: false,
    ...(topicArn === undefined ? {} : { SnsTopicName: topicArn.split(":").at(-1), SnsTopicARN: topicArn }),
    ...(logs && { CloudWatchLogsLogGroupArn: logs.groupArn, CloudWatchLogsRoleArn: logs.roleArn }),
    ...(kmsKeyId === undefined ? {} : { KmsKeyId: kmsKeyId }),
    IsOrganizationTrail: false,
  };
}

function statusOf({ document }: TrailRow) {
  const { delivered, startedAt, stoppedAt, deliveredAt, attemptedAt, failure } = document;
  const { notifiedAt, notifyAttemptedAt, notifyFailure, loggedAt, logFailure } = document;
  return {
    IsLogging: delivered !== undefined,
    ...(failure === undefined ? {} : { LatestDeliveryError: failure }),
    ...(deliveredAt === undefined ? {} : { LatestDeliveryTime: deliveredAt / 1000 }),
    ...(notifyFailure === undefined ? {} : { LatestNotificationError: notifyFailure }),
    ...(notifiedAt === undefined ? {} : { LatestNotificationTime: notifiedAt / 1000 }),
    ...(logFailure === undefined ? {} : { LatestCloudWatchLogsDeliveryError: logFailure }),
    ...(loggedAt === undefined ? {} : { LatestCloudWatchLogsDeliveryTime: loggedAt / 1000 }),
    ...(startedAt === undefined ? {} : { StartLoggingTime: startedAt / 1000 }),
    ...(stoppedAt === undefined ? {} : { StopLoggingTime: stoppedAt / 1000 }),
    LatestDeliveryAttemptTime: attemptedAt === undefined ? "" : instant(attemptedAt),
    LatestNotificationAttemptTime: notifyAttemptedAt === undefined ? "" : instant(notifyAttemptedAt),
    LatestNotificationAttemptSucceeded: notifiedAt === undefined ? "" : instant(notifiedAt),
    LatestDeliveryAttemptSucceeded: deliveredAt === undefined ? "" : instant(deliveredAt),
    TimeLoggingStarted: startedAt === undefined ? "" : instant(startedAt),
    TimeLoggingStopped: stoppedAt === undefined ? "" : instant(stoppedAt),
  };
}
