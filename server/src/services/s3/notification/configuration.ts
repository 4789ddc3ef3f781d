// What S3 refuses in a notification configuration, beyond the shape of the document. S3 user guide, "Configuring event
// notifications using object key name filtering"; refusals as recorded from AWS (LocalStack, test_s3_notifications_*).
import type {
  FilterRule,
  NotificationConfiguration,
  NotificationConfigurationFilter,
  TopicConfiguration,
} from "../../../../../contract/s3/types.ts";
import { errors } from "../../../core/errors.ts";
import { newId } from "../../../core/ids.ts";
import { s3Errors } from "../errors.ts";
import type { Bucket } from "../shared/model.ts";
import { covers } from "../shared/telling.ts";

/** S3 user guide, "Event notification types and destinations". */
const knownEvents: ReadonlySet<string> = new Set([
  "s3:ReducedRedundancyLostObject",
  "s3:ObjectCreated:*",
  "s3:ObjectCreated:Put",
  "s3:ObjectCreated:Post",
  "s3:ObjectCreated:Copy",
  "s3:ObjectCreated:CompleteMultipartUpload",
  "s3:ObjectRemoved:*",
  "s3:ObjectRemoved:Delete",
  "s3:ObjectRemoved:DeleteMarkerCreated",
  "s3:ObjectRestore:*",
  "s3:ObjectRestore:Post",
  "s3:ObjectRestore:Completed",
  "s3:ObjectRestore:Delete",
  "s3:Replication:*",
  "s3:Replication:OperationFailedReplication",
  "s3:Replication:OperationNotTracked",
  "s3:Replication:OperationMissedThreshold",
  "s3:Replication:OperationReplicatedAfterThreshold",
  "s3:LifecycleExpiration:*",
  "s3:LifecycleExpiration:Delete",
  "s3:LifecycleExpiration:DeleteMarkerCreated",
  "s3:LifecycleTransition",
  "s3:IntelligentTiering",
  "s3:ObjectTagging:*",
  "s3:ObjectTagging:Put",
  "s3:ObjectTagging:Delete",
  "s3:ObjectAcl:Put",
]);

/** Of the value of a filter rule, characters (API reference, FilterRule). */
const LONGEST_FILTER = 1024;

/** The configuration as it is kept; undefined when it names nobody. @throws ApiError InvalidArgument, NotYetAvailable */
export function checkedConfiguration(
  given: NotificationConfiguration | undefined,
  bucket: Bucket,
): NotificationConfiguration | undefined {
  if (given === undefined) throw s3Errors.malformedXml({});
  refuseQueuesAndFunctions(given);
  const topics = (given.TopicConfigurations ?? []).map((one) => checkedTopic(one, bucket));
  checkIds(topics);
  checkOverlaps(topics);
  const bus = given.EventBridgeConfiguration === undefined ? {} : { EventBridgeConfiguration: {} };
  if (topics.length === 0) return given.EventBridgeConfiguration === undefined ? undefined : bus;
  return { TopicConfigurations: topics, ...bus };
}

function refuseQueuesAndFunctions(given: NotificationConfiguration): void {
  for (const { QueueArn } of given.QueueConfigurations ?? []) checkArn(QueueArn, "sqs", "Queue");
  for (const { LambdaFunctionArn } of given.LambdaFunctionConfigurations ?? [])
    checkArn(LambdaFunctionArn, "lambda", "CloudFunction");
  const refuse = (what: string) =>
    errors.notYetAvailable(
      `Events of a bucket to ${what} are not yet available in Sagebrush. Name a topic of SNS, or EventBridge.`,
    );
  if (given.QueueConfigurations?.length) throw refuse("a queue of SQS");
  if (given.LambdaFunctionConfigurations?.length) throw refuse("a function of Lambda");
}

function checkArn(arn: string | undefined, service: string, ArgumentName: string): void {
  if (arn !== undefined && new RegExp(`^arn:aws:${service}:[a-z0-9-]+:\\d{12}:.+$`).test(arn)) return;
  throw s3Errors.invalidArgument("The ARN could not be parsed", { ArgumentName, ArgumentValue: arn ?? "" });
}

function checkedTopic(given: TopicConfiguration, bucket: Bucket): TopicConfiguration {
  const { TopicArn = "", Events = [], Filter } = given;
  checkArn(TopicArn, "sns", "Topic");
  if (Events.length === 0) throw s3Errors.malformedXml({});
  for (const event of Events)
    if (!knownEvents.has(event))
      throw s3Errors.invalidArgument("The event is not supported for notifications", {
        ArgumentName: "Event",
        ArgumentValue: event,
      });
  if (TopicArn.split(":")[3] !== bucket.region)
    throw s3Errors.invalidArgument(
      "The notification destination service region is not valid for the bucket location constraint",
      { ArgumentName: "Topic", ArgumentValue: TopicArn },
    );
  const filter = Filter && checkedFilter(Filter);
  return { Id: given.Id || newId(), TopicArn, Events, ...(filter === undefined ? {} : { Filter: filter }) };
}

function checkedFilter(filter: NotificationConfigurationFilter): NotificationConfigurationFilter {
  const rules = (filter.Key?.FilterRules ?? []).map(checkedRule);
  for (const name of ["Prefix", "Suffix"])
    if (rules.filter(({ Name }) => Name === name).length > 1)
      throw s3Errors.invalidArgument(`Cannot specify more than one ${name.toLowerCase()} rule in a filter.`, {
        ArgumentName: "FilterRule.Name",
        ArgumentValue: name.toLowerCase(),
      });
  return { Key: { FilterRules: rules } };
}

function checkedRule({ Name, Value }: FilterRule): FilterRule {
  if (Name === undefined || Value === undefined) throw s3Errors.malformedXml({});
  const name = ["Prefix", "Suffix"].find((one) => one.toLowerCase() === Name.toLowerCase());
  if (name === undefined)
    throw s3Errors.invalidArgument("filter rule name must be either prefix or suffix", {
      ArgumentName: "FilterRule.Name",
      ArgumentValue: Name,
    });
  if (Value.length > LONGEST_FILTER)
    throw s3Errors.invalidArgument(`Size of filter rule value cannot exceed ${LONGEST_FILTER} bytes in UTF-8.`, {
      ArgumentName: "FilterRule.Value",
      ArgumentValue: Value,
    });
  return { Name: name as NonNullable<FilterRule["Name"]>, Value };
}

function checkIds(topics: readonly TopicConfiguration[]): void {
  const ids = topics.map(({ Id }) => Id);
  const twice = ids.find((id, at) => ids.indexOf(id) !== at);
  if (twice === undefined) return;
  throw s3Errors.invalidArgument("Same ID used for multiple configurations. IDs must be unique.", {
    ArgumentName: "Id",
    ArgumentValue: twice,
  });
}

/** No key may be told of twice for the same event. */
function checkOverlaps(topics: readonly TopicConfiguration[]): void {
  for (const [at, one] of topics.entries())
    for (const other of topics.slice(at + 1)) {
      const shared = (one.Events ?? []).some((name) =>
        other.Events?.some((event) => covers(name, event) || covers(event, name)),
      );
      if (!shared || !overlap(one, other, "Prefix") || !overlap(one, other, "Suffix")) continue;
      const filtered = one.Filter !== undefined || other.Filter !== undefined;
      throw s3Errors.invalidArgument(filtered ? AMBIGUOUS : SHARED);
    }
}

const SHARED = "Configurations overlap. Configurations on the same bucket cannot share a common event type.";
const AMBIGUOUS =
  "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.";

/** Whether some key can begin, or end, as both rules want it. */
function overlap(one: TopicConfiguration, other: TopicConfiguration, name: "Prefix" | "Suffix"): boolean {
  const [a, b] = [filterValue(one, name), filterValue(other, name)];
  return name === "Prefix" ? a.startsWith(b) || b.startsWith(a) : a.endsWith(b) || b.endsWith(a);
}

const filterValue = ({ Filter }: TopicConfiguration, name: string): string =>
  Filter?.Key?.FilterRules?.find((rule) => rule.Name === name)?.Value ?? "";
