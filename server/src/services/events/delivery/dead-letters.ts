// What could not be delivered, as lines of a log group: AWS has a queue of SQS for it (docs/decisions/0032). Each line says
// what the attributes of such a message say there.
import type { Series } from "../../../store/series/series.ts";
import type { DeadLetter } from "./deliver.ts";

/** `group`: empty to drop them. */
export const buryIn =
  (series: Series, group: string, now: () => number) =>
  async (letter: DeadLetter): Promise<void> => {
    if (group === "") return;
    const { bus, ruleName, delivery } = letter;
    const key = { account: bus.account, region: bus.region, group, stream: `${bus.bus}/${ruleName}` };
    const message = JSON.stringify({
      RULE_ARN: letter.ruleArn,
      TARGET_ARN: letter.targetArn,
      ERROR_CODE: letter.code,
      ERROR_MESSAGE: letter.message,
      RETRY_ATTEMPTS: letter.tries - 1,
      ...(letter.exhausted === undefined ? {} : { EXHAUSTED_RETRY_CONDITION: letter.exhausted }),
      event: delivery.event,
    });
    await series.appendLogs(key, [{ timestamp: now(), message }], { sync: true });
  };
