// AWS's managed policies as moto ships them (its list is read from AWS), those of contract/iam/aws-policies.txt, with the
// version that is the default. Documents are AWS's, word for word; only runs of actions are written shorter.
import type { AwsPolicies, AwsPolicy } from "../model.ts";

/** As in moto/iam/aws_managed_policies.py. */
export interface RawPolicy {
  readonly Path: string;
  readonly DefaultVersionId: string;
  readonly CreateDate: string;
  readonly UpdateDate: string;
  readonly Document: { readonly Statement: Statement | readonly Statement[] } & Readonly<Record<string, unknown>>;
}

type Statement = Readonly<Record<string, unknown>>;

/** The policies that the patterns name. @throws Error for a pattern that names none */
export function buildPolicies(all: Readonly<Record<string, RawPolicy>>, patterns: readonly string[]): AwsPolicies {
  const names = new Set(patterns.flatMap((pattern) => named(Object.keys(all), pattern)));
  return { policies: Object.fromEntries([...names].map((name) => [name, build(all[name] as RawPolicy)])) };
}

function named(names: readonly string[], pattern: string): readonly string[] {
  const found = pattern.endsWith("*")
    ? names.filter((name) => name.startsWith(pattern.slice(0, -1)))
    : names.filter((name) => name === pattern);
  if (found.length === 0) throw new Error(`contract/iam/aws-policies.txt lists ${pattern}, which moto does not have.`);
  return found;
}

const build = ({ Path, DefaultVersionId, CreateDate, UpdateDate, Document }: RawPolicy): AwsPolicy => ({
  path: Path,
  version: DefaultVersionId,
  createdAt: CreateDate,
  updatedAt: UpdateDate,
  document: { ...Document, Statement: [Document.Statement].flat().map(shortened) },
});

function shortened(statement: Statement): Statement {
  return Object.fromEntries(
    Object.entries(statement).map(([element, value]) =>
      /^(Not)?Action$/.test(element) && Array.isArray(value) ? [element, joinRuns(value)] : [element, value],
    ),
  );
}

/** `["s3:Get*", "s3:List*", "sns:*"]` as `["s3:Get*,List*", "sns:*"]`. */
export function joinRuns(actions: readonly string[]): readonly string[] {
  const runs: string[] = [];
  let vendor: string | undefined;
  for (const action of actions) {
    const prefix = action.slice(0, action.indexOf(":") + 1);
    if (prefix !== "" && prefix === vendor) runs.push(`${runs.pop()},${action.slice(prefix.length)}`);
    else runs.push(action);
    vendor = prefix;
  }
  return runs;
}
