// The policy of a secret: who else may read it. It takes part in every decision about the secret.
// Gap: that principals of a policy exist is not checked.
import type { Operations as Contract } from "../../../../../contract/secretsmanager/types.ts";
import { ApiError } from "../../../core/errors.ts";
import type { Operations } from "../../../core/service.ts";
import { malformedPolicy, publicPolicy } from "../errors.ts";
import {
  changeSecret,
  onSecret,
  type Parts,
  requireOwn,
  requireSecret,
  secretAction,
  secretArn,
} from "../shared/secrets.ts";

export const resourcePolicy = (parts: Parts): Operations<Contract> => ({
  PutResourcePolicy: {
    permissions: async ({ SecretId, BlockPublicPolicy }, call) => [
      await onSecret(parts, call, SecretId, {
        conditions: { "secretsmanager:BlockPublicPolicy": String(BlockPublicPolicy ?? false) },
      }),
    ],
    async run({ SecretId, ResourcePolicy, BlockPublicPolicy }, call) {
      const reason = whyNoPolicy(parts, ResourcePolicy);
      if (reason !== undefined) throw malformedPolicy(`This resource policy contains a syntax error: ${reason}`);
      if (BlockPublicPolicy === true && isForEverybody(ResourcePolicy)) {
        throw publicPolicy("You can't attach a resource policy that allows broad access to the secret.");
      }
      const find = () => requireOwn(parts, call, SecretId);
      const row = await changeSecret(
        parts,
        find,
        ({ document }) => ({ document: { ...document, policy: ResourcePolicy } }),
        call.at,
      );
      return { ARN: secretArn(row), Name: row.name };
    },
  },
  GetResourcePolicy: {
    permissions: secretAction(parts),
    async run({ SecretId }, call) {
      const row = await requireSecret(parts, call, SecretId);
      const { policy } = row.document;
      return { ARN: secretArn(row), Name: row.name, ...(policy === undefined ? {} : { ResourcePolicy: policy }) };
    },
  },
  DeleteResourcePolicy: {
    permissions: secretAction(parts),
    async run({ SecretId }, call) {
      const find = () => requireOwn(parts, call, SecretId);
      const row = await changeSecret(
        parts,
        find,
        ({ document: { policy: _, ...document } }) => ({ document }),
        call.at,
      );
      return { ARN: secretArn(row), Name: row.name };
    },
  },
  ValidateResourcePolicy: {
    permissions: async ({ SecretId }, call) =>
      SecretId === undefined
        ? [{ action: "secretsmanager:ValidateResourcePolicy", resource: "*" }]
        : [await onSecret(parts, call, SecretId)],
    async run({ SecretId, ResourcePolicy }, call) {
      if (SecretId !== undefined) await requireSecret(parts, call, SecretId);
      const reason = whyNoPolicy(parts, ResourcePolicy);
      const failures = [
        ...(reason === undefined ? [] : [{ CheckName: "SyntaxCheck", ErrorMessage: reason }]),
        ...(reason === undefined && isForEverybody(ResourcePolicy)
          ? [{ CheckName: "BlockPublicPolicyCheck", ErrorMessage: "The policy allows broad access to the secret." }]
          : []),
      ];
      return { PolicyValidationPassed: failures.length === 0, ValidationErrors: failures };
    },
  },
});

/** Why the text is no policy that can be evaluated. */
function whyNoPolicy({ policies }: Parts, text: string): string | undefined {
  try {
    policies.resourcePolicy(text);
    return undefined;
  } catch (cause) {
    if (!(cause instanceof ApiError) && !(cause instanceof SyntaxError)) throw cause;
    return cause.message;
  }
}

interface Statement {
  readonly Effect?: unknown;
  readonly Principal?: unknown;
  readonly Condition?: unknown;
}

/** Whether a statement allows something to everybody without any condition. */
function isForEverybody(text: string): boolean {
  const { Statement: given } = JSON.parse(text) as { readonly Statement?: Statement | readonly Statement[] };
  const statements: readonly Statement[] = given === undefined ? [] : [given].flat();
  return statements.some(
    ({ Effect, Principal, Condition }) =>
      Effect === "Allow" && Condition === undefined && JSON.stringify(Principal ?? "").includes('"*"'),
  );
}
