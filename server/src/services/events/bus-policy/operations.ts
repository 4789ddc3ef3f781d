// Who else may put events on a bus: its policy, as a whole or statement by statement.
import type { Operations as Contract } from "../../../../../contract/events/types.ts";
import { ApiError } from "../../../core/errors.ts";
import type { Operations } from "../../../core/service.ts";
import { notFound, policyTooLong, validation } from "../errors.ts";
import { busArn, readBus } from "../shared/arns.ts";
import { changeBus } from "../shared/buses.ts";
import type { Parts } from "../shared/parts.ts";

/** EventBridge user guide, "Quotas". */
const LONGEST_POLICY = 10_240;
const ACTION = "events:PutEvents";

interface Statement {
  readonly Sid?: string;
}

interface Policy {
  readonly Version: string;
  readonly Statement: readonly Statement[];
}

const EMPTY: Policy = { Version: "2012-10-17", Statement: [] };

function readPolicy(text: string | undefined): Policy {
  if (text === undefined) return EMPTY;
  const policy = JSON.parse(text) as Policy;
  return { ...policy, Statement: [policy.Statement].flat() };
}

export const busPolicy = (parts: Parts): Operations<Contract> => ({
  PutPermission: {
    async run(input, call) {
      const bus = readBus(call, input.EventBusName);
      await changeBus(parts, call, bus, (document) => {
        const policy = input.Policy ?? JSON.stringify(withStatement(document.policy, busArn(bus), input));
        if (policy.length > LONGEST_POLICY)
          throw policyTooLong(`The policy is longer than ${LONGEST_POLICY} characters.`);
        check(parts, policy);
        return { ...document, policy };
      });
      return {};
    },
  },
  RemovePermission: {
    async run({ StatementId, RemoveAllPermissions, EventBusName }, call) {
      const bus = readBus(call, EventBusName);
      await changeBus(parts, call, bus, (document) => {
        if (RemoveAllPermissions === true) return { ...document, policy: undefined };
        const policy = readPolicy(document.policy);
        const kept = policy.Statement.filter(({ Sid }) => Sid !== StatementId);
        if (kept.length === policy.Statement.length) throw notFound("Statement with the provided id does not exist.");
        return { ...document, policy: kept.length === 0 ? undefined : JSON.stringify({ ...policy, Statement: kept }) };
      });
      return {};
    },
  },
});

/** The policy with one more statement, or with one in the place of that of the same id. @throws ApiError ValidationException */
function withStatement(
  text: string | undefined,
  resource: string,
  input: {
    readonly Action?: string | undefined;
    readonly Principal?: string | undefined;
    readonly StatementId?: string | undefined;
    readonly Condition?: { readonly Type: string; readonly Key: string; readonly Value: string } | undefined;
  },
): Policy {
  const { Action, Principal, StatementId, Condition } = input;
  if (Action === undefined || Principal === undefined || StatementId === undefined) {
    throw validation("Either Policy, or Action, Principal and StatementId must be given.");
  }
  if (Action !== ACTION) throw validation(`Provided value in parameter 'action' is not supported.`);
  if (Principal !== "*" && !/^\d{12}$/.test(Principal)) {
    throw validation(`Provided value in parameter 'principal' is not supported: ${Principal}.`);
  }
  const statement = {
    Sid: StatementId,
    Effect: "Allow",
    Principal: Principal === "*" ? "*" : { AWS: `arn:aws:iam::${Principal}:root` },
    Action,
    Resource: resource,
    ...(Condition && { Condition: { [Condition.Type]: { [Condition.Key]: Condition.Value } } }),
  };
  const policy = readPolicy(text);
  return { ...policy, Statement: [...policy.Statement.filter(({ Sid }) => Sid !== StatementId), statement] };
}

/** @throws ApiError ValidationException */
function check({ policies }: Parts, text: string): void {
  try {
    policies.resourcePolicy(text);
  } catch (cause) {
    if (!(cause instanceof ApiError)) throw cause;
    throw validation(`Parameter Policy is not valid. Reason: ${cause.message}`);
  }
}
