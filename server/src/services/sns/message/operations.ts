// Messages, published one or ten at a time. What is acknowledged is kept, and delivered behind the answer.
// Gap: PhoneNumber and endpoints of mobile applications are refused in words.
// Gap: MessageGroupId is taken and has no effect on protocols that are here.
import type { Operations as Contract } from "../../../../../contract/sns/types.ts";
import type { Operations } from "../../../core/service.ts";
import { batch, invalidParameter } from "../errors.ts";
import { elementsOf } from "../shared/arns.ts";
import { readAttributes } from "../shared/message-attributes.ts";
import type { Parts } from "../shared/parts.ts";
import { bytesOf, LARGEST_MESSAGE_BYTES, publish, readMessage } from "../shared/publishing.ts";
import { onTopic, requireTopic } from "../shared/topics.ts";

const MAX_ENTRIES = 10;
const LONGEST_ID = 80;
/** A message of 256 KB whose every byte is escaped in the form, and its attributes. */
const BODY_LIMIT_BYTES = 4 * 1_048_576;

export const message = (parts: Parts): Operations<Contract> => ({
  Publish: {
    bodyLimitBytes: BODY_LIMIT_BYTES,
    permissions: (input, call) => onTopic(parts, call, targetOf(input)),
    async run(input, call) {
      const arn = targetOf(input);
      const attributes = readAttributes(input.MessageAttributes, "messageAttributes");
      const one = readMessage(input, attributes);
      if (bytesOf(one) > LARGEST_MESSAGE_BYTES) throw invalidParameter("Message too long");
      checkDeduplication(input);
      const topic = await requireTopic(parts, call, arn);
      const [MessageId] = await publish(parts, topic, [one]);
      return { MessageId };
    },
  },
  PublishBatch: {
    bodyLimitBytes: BODY_LIMIT_BYTES,
    permissions: (input, call) => onTopic(parts, call, input.TopicArn),
    async run({ TopicArn, PublishBatchRequestEntries: entries }, call) {
      const topic = await requireTopic(parts, call, TopicArn);
      checkIds(entries.map(({ Id }) => Id));
      const messages = entries.map((entry, index) => {
        checkDeduplication(entry);
        const path = `publishBatchRequestEntries.${index + 1}.member.messageAttributes`;
        return readMessage(entry, readAttributes(entry.MessageAttributes, path));
      });
      const bytes = messages.reduce((sum, one) => sum + bytesOf(one), 0);
      if (bytes > LARGEST_MESSAGE_BYTES) throw batch.tooLong();
      const ids = await publish(parts, topic, messages);
      return { Successful: entries.map(({ Id }, index) => ({ Id, MessageId: ids[index] })), Failed: [] };
    },
  },
});

interface Target {
  readonly TopicArn?: string | undefined;
  readonly TargetArn?: string | undefined;
  readonly PhoneNumber?: string | undefined;
}

/** ARN of the topic. @throws ApiError InvalidParameter for what is no topic */
function targetOf({ TopicArn, TargetArn, PhoneNumber }: Target): string {
  const given = [TopicArn, TargetArn, PhoneNumber].filter((one) => one !== undefined);
  if (given.length !== 1) throw invalidParameter("TopicArn or TargetArn Reason: exactly one of them must be given");
  if (PhoneNumber !== undefined) {
    if (!/^\+[1-9]\d{1,14}$/.test(PhoneNumber)) {
      throw invalidParameter(`PhoneNumber Reason: ${PhoneNumber} is not valid to publish to`);
    }
    throw invalidParameter("PhoneNumber Reason: SMS is not yet available in Sagebrush");
  }
  if (TargetArn !== undefined && /^arn:[^:]*:sns:[^:]*:[^:]*:endpoint\//.test(TargetArn)) {
    throw invalidParameter("TargetArn Reason: No endpoint found for the target arn specified");
  }
  const arn = TopicArn ?? TargetArn ?? "";
  elementsOf(arn, TopicArn === undefined ? "TargetArn" : "TopicArn");
  return arn;
}

/** Only for FIFO topics. */
function checkDeduplication({
  MessageDeduplicationId,
}: {
  readonly MessageDeduplicationId?: string | undefined;
}): void {
  if (MessageDeduplicationId === undefined) return;
  throw invalidParameter(
    "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type",
  );
}

function checkIds(ids: readonly string[]): void {
  if (ids.length === 0) throw batch.empty();
  if (ids.length > MAX_ENTRIES) throw batch.tooMany();
  for (const id of ids) {
    if (id.length > LONGEST_ID) throw batch.badId("is too long", id);
    if (!/^[\w-]+$/.test(id)) throw batch.badId("contains an impermissible character", id);
  }
  if (new Set(ids).size !== ids.length) throw batch.sameId();
}
