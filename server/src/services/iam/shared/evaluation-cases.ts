// What cases of decisions are written with, and how they are decided: one sentence, the policies, the request, the
// outcome. Cases marked [guide] follow examples of the IAM user guide (policy evaluation logic, condition operators,
// policy variables).
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Permission, Principal } from "../../../core/call.ts";
import type { RequestFacts } from "../../../core/ports.ts";
import { compilePolicy } from "./document.ts";
import { decide, type NamedPolicy, refusalText } from "./evaluation.ts";
import { lookupFor } from "./request.ts";

export const ann: Principal = {
  kind: "user",
  arn: "arn:aws:iam::123456789012:user/team/ann",
  account: "123456789012",
  userId: "AIDAANN",
};
export const session: Principal = {
  kind: "assumed-role",
  arn: "arn:aws:sts::123456789012:assumed-role/Trainer/s1",
  account: "123456789012",
  userId: "AROATRAINER:s1",
  roleArn: "arn:aws:iam::123456789012:role/Trainer",
  issuedAt: Date.parse("2020-09-01T11:00:00Z"),
};
export const root: Principal = { ...ann, kind: "root", arn: "arn:aws:iam::123456789012:root", userId: "123456789012" };
export const service: Principal = { ...ann, kind: "service", arn: "sagemaker.amazonaws.com" };
const facts: RequestFacts = {
  at: Date.parse("2020-09-01T12:00:00Z"),
  region: "us-east-1",
  sourceIp: "10.1.2.3",
  userAgent: "Boto3/1.15",
  secure: false,
};

type Source = object | readonly object[];
export interface Case {
  readonly who?: Principal;
  readonly identity?: Source;
  readonly boundary?: Source;
  readonly session?: Source;
  readonly resource?: Source;
  readonly version?: string;
  readonly action?: string;
  readonly on?: string;
  readonly conditions?: Permission["conditions"];
  readonly owner?: string;
  readonly from?: Partial<RequestFacts>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly gives: "allowed" | "explicitDeny" | "implicitDeny";
}

export const allow = (more: object = {}) => ({ Effect: "Allow", Action: "*", Resource: "*", ...more });
export const deny = (more: object = {}) => ({ Effect: "Deny", Action: "*", Resource: "*", ...more });
export const when = (Condition: object) => allow({ Condition });

function policy(source: Source | undefined, version = "2012-10-17"): NamedPolicy | undefined {
  if (!source) return undefined;
  const text = JSON.stringify({ Version: version, Statement: source });
  return { name: "p", type: "inline", policy: compilePolicy(text), text };
}

export function run(one: Case) {
  const who = one.who ?? ann;
  const permission: Permission = {
    action: one.action ?? "s3:GetObject",
    resource: one.on ?? "arn:aws:s3:::bucket/key",
    ...(one.conditions && { conditions: one.conditions }),
    ...(one.owner && { resourceAccount: one.owner }),
    ...(one.resource && { resourcePolicy: "given" }),
  };
  const identity = policy(one.identity, one.version);
  const narrowed = policy(one.session);
  const layers = {
    identity: identity ? [identity] : [],
    boundary: policy(one.boundary),
    session: narrowed && [narrowed],
    resource: policy(one.resource),
  };
  const lookup = lookupFor(who, permission, { ...facts, ...one.from }, one.tags ? { tags: one.tags } : {});
  const decision = decide(who, permission, layers, lookup);
  return { decision, text: refusalText(who, permission, decision) };
}

export const bucketFor = (name: string) => ({ Resource: `arn:aws:s3:::${name}` });
export const ANN = { AWS: ann.arn };
export const ACCOUNT = { AWS: "arn:aws:iam::123456789012:root" };

export function decideCases(cases: Readonly<Record<string, Case>>): void {
  for (const [sentence, one] of Object.entries(cases)) {
    test(sentence, () => {
      assert.equal(run(one).decision.outcome, one.gives);
    });
  }
}
