// One try of a delivery: by the kind of its target, and what its failure means. Source: EventBridge user guide, "Retrying
// event delivery": 24 hours and 185 tries unless the target says less, with growing delays.
import type { Target } from "../../../../../contract/events/types.ts";
import { ApiError } from "../../../core/errors.ts";
import type { Attempt, Outcome } from "../../../store/outbox.ts";
import { ruleArn } from "../shared/arns.ts";
import { inputOf } from "../shared/input.ts";
import { countRule } from "../shared/metrics.ts";
import type { Delivery, Parts } from "../shared/parts.ts";
import { type Bus, busOf } from "../shared/place.ts";
import { findRule } from "../shared/rules.ts";
import { again, failed, type Result } from "./outcome.ts";

/** A delivery as a target's sender sees it. */
export interface Sending {
  readonly bus: Bus;
  readonly ruleArn: string;
  readonly ruleName: string;
  readonly target: Target;
  readonly delivery: Delivery;
  /** What the target is sent. */
  readonly text: string;
  readonly signal: AbortSignal;
}

export type Send = (sending: Sending) => Promise<Result>;

export interface Ways {
  /** By the service in the target's ARN. @throws ApiError as the target answers */
  readonly send: Send;
  /** Keeps what could not be delivered. */
  readonly bury: (letter: DeadLetter) => Promise<void>;
}

export interface DeadLetter {
  readonly bus: Bus;
  readonly ruleArn: string;
  readonly ruleName: string;
  readonly targetArn: string;
  readonly delivery: Delivery;
  readonly code: string;
  readonly message: string;
  readonly tries: number;
  /** Which limit ended it; absent when it could never go well. */
  readonly exhausted?: "MaximumRetryAttempts" | "MaximumEventAgeInSeconds" | undefined;
}

const MAX_AGE_SECONDS = 86_400;
const MAX_RETRIES = 185;
const LONGEST_DELAY_MS = 600_000;

export async function deliver(
  parts: Parts,
  ways: Ways,
  attempt: Attempt<Delivery>,
  signal: AbortSignal,
): Promise<Outcome> {
  const { item, scope, tries } = attempt;
  const bus = busOf(scope);
  const rule = await findRule(parts, bus, item.rule);
  const target = rule?.document.targets.find(({ Id }) => Id === item.target);
  if (rule === undefined || target === undefined) return "over";
  const arn = ruleArn(bus, rule.name);
  const facts = { event: item.event, ruleArn: arn, ruleName: rule.name, at: item.at };
  const text = inputOf(target, facts);
  const sending: Sending = { bus, ruleArn: arn, ruleName: rule.name, target, delivery: item, text, signal };
  const result = await ways.send(sending).catch((cause: unknown) => {
    signal.throwIfAborted();
    return resultOf(cause);
  });
  if (result.kind === "early") return { turnAt: result.turnAt };
  countRule(parts, bus, rule.name, tries === 0 ? "Invocations" : "RetryInvocationAttempts");
  if (result.kind === "delivered") return "over";
  const now = parts.clock.now();
  const wait = result.kind === "again" ? delayFor(target, attempt, now) : undefined;
  if (typeof wait === "number") return { againAt: now + wait };
  countRule(parts, bus, rule.name, "FailedInvocations");
  const { code, message } = result;
  const letter = { bus, ruleArn: arn, ruleName: rule.name, targetArn: target.Arn, delivery: item, code, message };
  await ways.bury({ ...letter, tries: tries + 1, exhausted: wait });
  countRule(parts, bus, rule.name, "InvocationsSentToDlq");
  return "over";
}

/** What a service of ours refused is not tried again: it stays refused until somebody changes it. */
function resultOf(cause: unknown): Result {
  if (!(cause instanceof ApiError)) throw cause;
  if (cause.status >= 500) return again("INTERNAL_ERROR", cause.message);
  const isRefused = /^(AuthorizationError|AccessDenied)/.test(cause.code);
  const code = isRefused ? "NO_PERMISSIONS" : cause.code.includes("NotFound") ? "NO_RESOURCE" : "INVALID_PARAMETER";
  return failed(code, cause.message);
}

/** Milliseconds, or the limit that is reached. */
function delayFor(
  { RetryPolicy: policy }: Target,
  { tries, createdAt }: Attempt<Delivery>,
  now: number,
): number | "MaximumRetryAttempts" | "MaximumEventAgeInSeconds" {
  if (tries >= (policy?.MaximumRetryAttempts ?? MAX_RETRIES)) return "MaximumRetryAttempts";
  const delay = Math.min(LONGEST_DELAY_MS, 1000 * 2 ** tries) * (0.75 + Math.random() / 4);
  const age = (policy?.MaximumEventAgeInSeconds ?? MAX_AGE_SECONDS) * 1000;
  return now + delay - createdAt > age ? "MaximumEventAgeInSeconds" : delay;
}
