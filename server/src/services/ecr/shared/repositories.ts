// Repositories as rows: found, changed, and which permission an operation needs on one.
// Actions and ARNs: Service Authorization Reference, "Amazon Elastic Container Registry".
import type { Call, Permission } from "../../../core/call.ts";
import { again } from "../../../store/rows/again.ts";
import type { Expectation, RowWrite } from "../../../store/rows/rows.ts";
import { repositoryNotFound } from "../errors.ts";
import {
  type EcrContext,
  type RepositoryDocument,
  type RepositoryName,
  type RepositoryRow,
  repositoryArn,
  repositoryKey,
} from "./model.ts";

/** How requests of the API name a repository. */
export interface RepositoryInput {
  readonly registryId?: string | undefined;
  readonly repositoryName: string;
}

/** The caller's own registry unless the request names another's. */
export const nameOf = (input: RepositoryInput, call: Pick<Call, "account" | "region">): RepositoryName => ({
  account: input.registryId ?? call.account,
  region: call.region,
  repository: input.repositoryName,
});

export const findRepository = (context: EcrContext, name: RepositoryName): Promise<RepositoryRow | undefined> =>
  context.rows.get<RepositoryDocument>(repositoryKey(name));

/** @throws ApiError RepositoryNotFound */
export async function requireRepository(context: EcrContext, name: RepositoryName): Promise<RepositoryRow> {
  const row = await findRepository(context, name);
  if (row === undefined) throw repositoryNotFound(name.repository, name.account);
  return row;
}

/** The permission on a repository, with its policy; also where there is none of that name. */
export async function onRepository(
  context: EcrContext,
  name: RepositoryName,
  operation: string,
  conditions: Readonly<Record<string, string | readonly string[]>> = {},
): Promise<Permission> {
  const row = await findRepository(context, name);
  const tags = Object.entries(row?.document.tags ?? {});
  const all = {
    ...conditions,
    ...Object.fromEntries(
      tags.flatMap(([key, value]) => [
        [`aws:ResourceTag/${key}`, value],
        [`ecr:ResourceTag/${key}`, value],
      ]),
    ),
  };
  const policy = row?.document.policy;
  return {
    action: `ecr:${operation}`,
    resource: repositoryArn(name),
    resourceAccount: name.account,
    ...(Object.keys(all).length === 0 ? {} : { conditions: all }),
    ...(policy === undefined ? {} : { resourcePolicy: withResources(policy) }),
  };
}

/** For operations that need their own action on the repository they name. */
export const repositoryAction =
  (context: EcrContext) =>
  async (input: RepositoryInput, call: Call): Promise<readonly Permission[]> => [
    await onRepository(context, nameOf(input, call), call.operation),
  ];

/** Statements of repository policies name no resource: they are about the repository that has them. */
export function withResources(policy: string): string {
  const document: unknown = JSON.parse(policy);
  if (typeof document !== "object" || document === null || !("Statement" in document)) return policy;
  const statements: readonly unknown[] = [document.Statement].flat();
  const named = statements.map((one) =>
    typeof one === "object" && one !== null && !("Resource" in one) && !("NotResource" in one)
      ? { ...one, Resource: "*" }
      : one,
  );
  return JSON.stringify({ ...document, Statement: named });
}

/** For commits of what belongs to a repository: they fail when it has been removed meanwhile. */
export const whileRepositoryStays = (name: RepositoryName): Expectation => ({
  key: repositoryKey(name),
  version: "present",
});

/** Changes a repository, also while others change it. @throws ApiError RepositoryNotFound, and what `change` throws */
export async function changeRepository(
  context: EcrContext,
  name: RepositoryName,
  change: (document: RepositoryDocument) => RepositoryDocument,
): Promise<{ readonly before: RepositoryDocument; readonly after: RepositoryDocument }> {
  return await again(async () => {
    const { version, ...row } = await requireRepository(context, name);
    const after = change(row.document);
    const changed: RowWrite<RepositoryDocument> = { ...row, document: after, modifiedAt: context.clock.now() };
    await context.rows.commit({ expect: [{ key: repositoryKey(name), version }], put: [changed] });
    return { before: row.document, after };
  });
}
