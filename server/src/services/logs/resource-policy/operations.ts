// Resource policies of an account and region: which services and accounts may put lines.
// Gap: policies of one log group (resourceArn) are refused by name.
import type { Operations as Contract, ResourcePolicy } from "../../../../../contract/logs/types.ts";
import { ApiError } from "../../../core/errors.ts";
import type { Operations } from "../../../core/service.ts";
import type { Row } from "../../../store/rows/rows.ts";
import { invalidParameter, resourceNotFound } from "../errors.ts";
import type { LogsContext } from "../shared/context.ts";
import type { PolicyDocument } from "../shared/resource-policies.ts";
import { pageOf } from "../shared/tokens.ts";

const DEFAULT_PAGE = 50;

export const resourcePolicy = (context: LogsContext): Operations<Contract> => ({
  PutResourcePolicy: {
    async run(input, call) {
      refuseGroupPolicies(input);
      const { policyName, policyDocument } = input;
      if (policyName === undefined || policyDocument === undefined) {
        throw invalidParameter("Both policyName and policyDocument must be given.");
      }
      checkPolicy(context, policyDocument);
      await context.policies.put(call, policyName, policyDocument, call.at);
      return { resourcePolicy: answerOf(policyName, policyDocument, call.at) };
    },
  },
  DescribeResourcePolicies: {
    async run(input, call) {
      refuseGroupPolicies(input);
      const { limit = DEFAULT_PAGE, nextToken: token } = input;
      const { page, more } = pageOf(await context.policies.all(call), ({ name }) => name, {
        list: "policies",
        token,
        limit,
      });
      return { resourcePolicies: page.map(answer), ...more };
    },
  },
  DeleteResourcePolicy: {
    async run(input, call) {
      refuseGroupPolicies(input);
      const { policyName } = input;
      if (policyName === undefined) throw invalidParameter("policyName must be given.");
      if (!(await context.policies.has(call, policyName))) {
        throw resourceNotFound(`Policy with name [${policyName}] does not exist.`);
      }
      await context.policies.remove(call, policyName);
      return {};
    },
  },
});

function refuseGroupPolicies(input: {
  readonly resourceArn?: string | undefined;
  readonly policyScope?: string | undefined;
}): void {
  if (input.resourceArn !== undefined || input.policyScope === "RESOURCE") {
    throw invalidParameter("Policies of one log group are not yet available in Sagebrush: leave resourceArn out.");
  }
}

/** @throws ApiError InvalidParameter when the text is no policy */
function checkPolicy(context: LogsContext, text: string): void {
  try {
    context.policyChecks.resourcePolicy(text);
  } catch (cause) {
    if (!(cause instanceof ApiError) && !(cause instanceof SyntaxError)) throw cause;
    throw invalidParameter(`The policy document is not valid: ${cause.message}`);
  }
}

const answer = ({ name, modifiedAt, document }: Row<PolicyDocument>): ResourcePolicy =>
  answerOf(name, document.policyDocument, modifiedAt);

const answerOf = (policyName: string, policyDocument: string, lastUpdatedTime: number): ResourcePolicy => ({
  policyName,
  policyDocument,
  lastUpdatedTime,
  policyScope: "ACCOUNT",
});
