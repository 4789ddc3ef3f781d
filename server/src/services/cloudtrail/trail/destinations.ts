// Topic and log group that a request names for a trail, checked that the trail may use them.
// Texts of errors: moto's tests of CloudTrail, and AWS's as users quote them.
import type { CreateTrailRequest, UpdateTrailRequest } from "../../../../../contract/cloudtrail/types.ts";
import type { Call, Permission } from "../../../core/call.ts";
import { ApiError } from "../../../core/errors.ts";
import { invalidLogGroup, invalidLogRole, invalidTopicName, topicPolicy } from "../errors.ts";
import { checkLogs, checkTopic, groupIn } from "../shared/telling.ts";
import { type Parts, placeOf, SERVICE, type TrailDocument, type TrailRow } from "../shared/trails.ts";

type Request = CreateTrailRequest | UpdateTrailRequest;
type Destinations = Pick<TrailDocument, "topicArn" | "logs">;

/** What the request leaves out stays, and an empty text takes it away. @throws ApiError of names and ARNs */
export function destinationsOf(call: Call, input: Request, old: Destinations = {}): Destinations {
  const { SnsTopicName: topic, CloudWatchLogsLogGroupArn: group, CloudWatchLogsRoleArn: role } = input;
  const groupArn = group ?? old.logs?.groupArn ?? "";
  const roleArn = role ?? old.logs?.roleArn ?? "";
  if (groupArn !== "" && roleArn === "") throw invalidLogRole("You must specify a role ARN as well as a log group.");
  if (groupArn === "" && roleArn !== "" && group === undefined) {
    throw invalidLogGroup("You must specify a log group as well as a role ARN.");
  }
  return {
    topicArn: topic === undefined ? old.topicArn : topicArnOf(call, topic),
    logs: groupArn === "" ? undefined : { groupArn, roleArn },
  };
}

function topicArnOf({ account, region }: Call, topic: string): string | undefined {
  if (topic === "") return undefined;
  if (topic.startsWith("arn:")) return topic;
  if (/^[\w-]{1,256}$/.test(topic)) return `arn:aws:sns:${region}:${account}:${topic}`;
  throw invalidTopicName("SNS Topic name can only contain letters, numbers, underscores and hyphens.");
}

/** To hand CloudTrail the role that it writes lines as: one of the account, for nobody can pass a role of another one. */
export const passRole = ({ CloudWatchLogsRoleArn: roleArn }: Request): readonly Permission[] =>
  roleArn
    ? [
        {
          action: "iam:PassRole",
          resource: roleArn,
          resourceAccount: roleArn.split(":")[4] ?? "",
          conditions: { "iam:PassedToService": SERVICE },
        },
      ]
    : [];

/** @throws ApiError InsufficientSnsTopicPolicy, InvalidCloudWatchLogsLogGroupArn, InvalidCloudWatchLogsRoleArn */
export async function checkDestinations(parts: Parts, row: TrailRow): Promise<void> {
  const { topicArn, logs } = row.document;
  if (topicArn !== undefined) {
    await orElse(checkTopic(parts, topicArn, row), () =>
      topicPolicy("SNS Topic does not exist or the topic policy is incorrect!"),
    );
  }
  if (logs === undefined) return;
  const { account, region } = placeOf(row);
  const group = groupIn(logs.groupArn);
  const unknown = () => invalidLogGroup("Check the log group ARN: CloudTrail can't validate it.");
  if (group?.account !== account || group.region !== region) throw unknown();
  await orElse(checkLogs(parts, logs, row), ({ code }) => {
    if (code === "AccessDeniedException") {
      return invalidLogGroup("Access denied. Check the permissions for your role.");
    }
    if (code === "ResourceNotFoundException") return unknown();
    return invalidLogRole("Access denied. Check the trust relationships for your role.");
  });
}

async function orElse(work: Promise<void>, refusal: (cause: ApiError) => ApiError): Promise<void> {
  try {
    await work;
  } catch (cause) {
    throw cause instanceof ApiError ? refusal(cause) : cause;
  }
}
