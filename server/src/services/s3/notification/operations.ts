// Who is told of what happens to a bucket's objects: topics of SNS, by filters, and EventBridge, of everything.
// S3 user guide, "Amazon S3 Event Notifications" and "Using EventBridge".
// Gap: events to queues of SQS and functions of Lambda are refused; topics and EventBridge are told.
// Gap: nothing is restored, replicated, moved to another class or expired here, so events of these kinds never happen.
import type { NotificationConfiguration, Operations as S3Contract } from "../../../../../contract/s3/types.ts";
import type { Call } from "../../../core/call.ts";
import { ApiError } from "../../../core/errors.ts";
import type { Operations } from "../../../core/service.ts";
import { s3Errors } from "../errors.ts";
import { bucketAction } from "../shared/access.ts";
import { changeSettings, findBucket } from "../shared/buckets.ts";
import type { Bucket, S3Context } from "../shared/model.ts";
import { bucketArn } from "../shared/names.ts";
import { checkedConfiguration } from "./configuration.ts";
import { PRINCIPAL, SUBJECT } from "./deliver.ts";
import { testText } from "./messages.ts";

export const notificationOperations = (context: S3Context) =>
  ({
    GetBucketNotificationConfiguration: {
      permissions: bucketAction(context, "GetBucketNotification"),
      run: async (input) => (await findBucket(context, input)).settings.notification ?? {},
    },
    PutBucketNotificationConfiguration: {
      permissions: bucketAction(context, "PutBucketNotification"),
      run: async (input, call) => {
        const bucket = await findBucket(context, input);
        const notification = checkedConfiguration(input.NotificationConfiguration, bucket);
        if (notification && input.SkipDestinationValidation !== true)
          await tryTopics(context, bucket, notification, call);
        await changeSettings(context, input, () => ({ notification }));
        return {};
      },
    },
  }) satisfies Operations<S3Contract>;

/** Each topic is sent a test event, by which it shows that it takes others. @throws ApiError InvalidArgument naming those that do not */
async function tryTopics(
  context: S3Context,
  bucket: Bucket,
  { TopicConfigurations = [] }: NotificationConfiguration,
  call: Call,
): Promise<void> {
  const arns = [...new Set(TopicConfigurations.map(({ TopicArn = "" }) => TopicArn))];
  const troubles: [arn: string, trouble: string][] = [];
  for (const topicArn of arns) {
    try {
      await context.topics.publish({
        topicArn,
        message: testText(bucket.name, call.requestId, context.clock.now()),
        subject: SUBJECT,
        servicePrincipal: PRINCIPAL,
        sourceArn: bucketArn(bucket.name),
        sourceAccount: bucket.owner,
      });
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause;
      troubles.push([topicArn, troubleOf(cause)]);
    }
  }
  if (troubles.length === 0) return;
  const fields = troubles.flatMap(([arn, trouble], at) => [
    [`ArgumentName${at + 1}`, arn],
    [`ArgumentValue${at + 1}`, trouble],
  ]);
  throw s3Errors.invalidArgument(
    "Unable to validate the following destination configurations",
    Object.fromEntries(fields),
  );
}

const troubleOf = ({ code }: ApiError): string =>
  code.startsWith("NotFound")
    ? "The destination topic does not exist"
    : "Permissions on the destination topic do not allow S3 to publish notifications from this bucket";
