// When a message that an endpoint did not take is sent again: the policy of a topic, of a subscription, and what is in force.
// Source: SNS developer guide, "Amazon SNS message delivery retries"; forms as recorded in LocalStack's
// tests/aws/services/sns/test_sns.snapshot.json.
import { isDeepStrictEqual } from "node:util";

export type Backoff = "linear" | "arithmetic" | "geometric" | "exponential";

/** Delays in seconds. */
export interface RetryPolicy {
  readonly minDelayTarget: number;
  readonly maxDelayTarget: number;
  readonly numRetries: number;
  readonly numMaxDelayRetries: number;
  readonly numNoDelayRetries: number;
  readonly numMinDelayRetries: number;
  readonly backoffFunction: Backoff;
}

export interface RequestPolicy {
  readonly headerContentType?: string;
}

export interface ThrottlePolicy {
  readonly maxReceivesPerSecond: number;
}

/** Of a subscription. */
export interface SubscriptionPolicy {
  readonly healthyRetryPolicy: RetryPolicy | null;
  readonly sicklyRetryPolicy: null;
  readonly throttlePolicy: ThrottlePolicy | null;
  readonly requestPolicy: RequestPolicy | null;
  readonly guaranteed: boolean;
}

/** Of a topic, without what was not given. */
export interface TopicPolicy {
  readonly http: {
    readonly defaultHealthyRetryPolicy?: Partial<RetryPolicy>;
    readonly disableSubscriptionOverrides: boolean;
    readonly defaultThrottlePolicy?: ThrottlePolicy;
    readonly defaultRequestPolicy?: RequestPolicy;
  };
}

export const defaultRetries: RetryPolicy = {
  minDelayTarget: 20,
  maxDelayTarget: 20,
  numRetries: 3,
  numMaxDelayRetries: 0,
  numNoDelayRetries: 0,
  numMinDelayRetries: 0,
  backoffFunction: "linear",
};

const DEFAULT_REQUESTS: RequestPolicy = { headerContentType: "text/plain; charset=UTF-8" };

/** For mail: immediately never, then twice after 10 s, ten times rising to 10 minutes, and 38 times each 10 minutes. */
export const mailRetries: RetryPolicy = {
  minDelayTarget: 10,
  maxDelayTarget: 600,
  numRetries: 50,
  numMaxDelayRetries: 38,
  numNoDelayRetries: 0,
  numMinDelayRetries: 2,
  backoffFunction: "exponential",
};

/** A text that is no delivery policy; the message says why. */
export class InvalidDeliveryPolicy extends Error {
  override readonly name = "InvalidDeliveryPolicy";
}

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function parse(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new InvalidDeliveryPolicy("DeliveryPolicy: failed to parse JSON.");
  }
  if (!isObject(value)) throw new InvalidDeliveryPolicy("DeliveryPolicy: expected a JSON object");
  return value;
}

function onlyKnown(fields: Fields, known: readonly string[]): void {
  const unknown = Object.keys(fields).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new InvalidDeliveryPolicy(`DeliveryPolicy: unrecognized member ${unknown}`);
}

/** Least and most of each number; the delays in seconds. */
const ranges: Readonly<Record<string, readonly [number, number]>> = {
  minDelayTarget: [1, 3600],
  maxDelayTarget: [1, 3600],
  numRetries: [0, 100],
  numNoDelayRetries: [0, 100],
  numMinDelayRetries: [0, 100],
  numMaxDelayRetries: [0, 100],
};

const functions: readonly string[] = ["linear", "arithmetic", "geometric", "exponential"];

function readRetries(value: unknown): Partial<RetryPolicy> {
  if (!isObject(value)) throw new InvalidDeliveryPolicy("DeliveryPolicy: a retry policy is a JSON object");
  onlyKnown(value, [...Object.keys(ranges), "backoffFunction"]);
  for (const [name, [least, most]] of Object.entries(ranges)) {
    const number = value[name];
    if (number === undefined) continue;
    if (!Number.isInteger(number) || Number(number) < least || Number(number) > most) {
      throw new InvalidDeliveryPolicy(`DeliveryPolicy: ${name} must be ${least} to ${most}, got ${String(number)}`);
    }
  }
  const { backoffFunction } = value;
  if (backoffFunction !== undefined && !functions.includes(String(backoffFunction))) {
    throw new InvalidDeliveryPolicy(`DeliveryPolicy: backoffFunction must be one of ${functions.join(", ")}`);
  }
  const retries = value as Partial<RetryPolicy>;
  const all = { ...defaultRetries, ...retries };
  if (all.minDelayTarget > all.maxDelayTarget) {
    throw new InvalidDeliveryPolicy("DeliveryPolicy: maxDelayTarget must not be below minDelayTarget");
  }
  if (all.numNoDelayRetries + all.numMinDelayRetries + all.numMaxDelayRetries > all.numRetries) {
    throw new InvalidDeliveryPolicy("DeliveryPolicy: numRetries must not be below the retries of its phases");
  }
  return retries;
}

function readRequests(value: unknown): RequestPolicy {
  if (!isObject(value)) throw new InvalidDeliveryPolicy("DeliveryPolicy: a request policy is a JSON object");
  onlyKnown(value, ["headerContentType"]);
  const type = value["headerContentType"];
  if (typeof type !== "string" || !/^[\w.+-]+\/[\w.+-]+(\s*;\s*[\w-]+=[\w.-]+)*$/.test(type)) {
    throw new InvalidDeliveryPolicy("DeliveryPolicy: headerContentType must be a content type");
  }
  return { headerContentType: type };
}

function readThrottle(value: unknown): ThrottlePolicy {
  const most = isObject(value) ? value["maxReceivesPerSecond"] : undefined;
  if (!Number.isInteger(most) || Number(most) < 1) {
    throw new InvalidDeliveryPolicy("DeliveryPolicy: maxReceivesPerSecond must be 1 or more");
  }
  return { maxReceivesPerSecond: Number(most) };
}

/** @throws InvalidDeliveryPolicy */
export function readTopicPolicy(text: string): TopicPolicy {
  const fields = parse(text);
  onlyKnown(fields, ["http"]);
  const http = fields["http"];
  if (!isObject(http)) throw new InvalidDeliveryPolicy("DeliveryPolicy: expected a member http");
  onlyKnown(http, [
    "defaultHealthyRetryPolicy",
    "disableSubscriptionOverrides",
    "defaultThrottlePolicy",
    "defaultRequestPolicy",
  ]);
  const { defaultHealthyRetryPolicy: retries, defaultThrottlePolicy: throttle, defaultRequestPolicy: requests } = http;
  return {
    http: {
      ...(retries == null ? {} : { defaultHealthyRetryPolicy: readRetries(retries) }),
      disableSubscriptionOverrides: http["disableSubscriptionOverrides"] === true,
      ...(throttle == null ? {} : { defaultThrottlePolicy: readThrottle(throttle) }),
      ...(requests == null ? {} : { defaultRequestPolicy: readRequests(requests) }),
    },
  };
}

/** @throws InvalidDeliveryPolicy */
export function readSubscriptionPolicy(text: string): SubscriptionPolicy {
  const fields = parse(text);
  onlyKnown(fields, ["healthyRetryPolicy", "sicklyRetryPolicy", "throttlePolicy", "requestPolicy", "guaranteed"]);
  const { healthyRetryPolicy: retries, throttlePolicy: throttle, requestPolicy: requests } = fields;
  return {
    healthyRetryPolicy: retries == null ? null : { ...defaultRetries, ...readRetries(retries) },
    sicklyRetryPolicy: null,
    throttlePolicy: throttle == null ? null : readThrottle(throttle),
    requestPolicy: requests == null ? null : readRequests(requests),
    guaranteed: false,
  };
}

/** What holds for a topic, by what was set. */
export function topicPolicyInForce(text: string | undefined) {
  const set = text === undefined ? undefined : readTopicPolicy(text).http;
  return {
    http: {
      defaultHealthyRetryPolicy: { ...defaultRetries, ...set?.defaultHealthyRetryPolicy },
      disableSubscriptionOverrides: set?.disableSubscriptionOverrides ?? false,
      ...(set?.defaultThrottlePolicy && { defaultThrottlePolicy: set.defaultThrottlePolicy }),
      defaultRequestPolicy: set?.defaultRequestPolicy ?? DEFAULT_REQUESTS,
    },
  };
}

/** What holds for a subscription over HTTP, by what was set on it and on its topic. */
export function policyInForce(
  subscription: string | undefined,
  topic: string | undefined,
): SubscriptionPolicy & { readonly healthyRetryPolicy: RetryPolicy } {
  const { http } = topicPolicyInForce(topic);
  const given = subscription === undefined ? undefined : readSubscriptionPolicy(subscription);
  const own = http.disableSubscriptionOverrides ? undefined : given;
  return {
    healthyRetryPolicy: own?.healthyRetryPolicy ?? http.defaultHealthyRetryPolicy,
    sicklyRetryPolicy: null,
    throttlePolicy: own?.throttlePolicy ?? http.defaultThrottlePolicy ?? null,
    requestPolicy: own?.requestPolicy ?? http.defaultRequestPolicy,
    guaranteed: false,
  };
}

export const isSamePolicy = (one: string, other: string): boolean =>
  isDeepStrictEqual(readSubscriptionPolicy(one), readSubscriptionPolicy(other));

/**
 * Milliseconds until the next try after so many failed ones; undefined when there is none. The phases: at once, at the
 * least delay, rising by the function, at the longest delay.
 */
export function delayBefore(policy: RetryPolicy, failed: number): number | undefined {
  const { numRetries, numNoDelayRetries, numMinDelayRetries, numMaxDelayRetries } = policy;
  const { minDelayTarget: least, maxDelayTarget: most } = policy;
  if (failed > numRetries) return undefined;
  const retry = failed - numNoDelayRetries;
  if (retry <= 0) return 0;
  if (retry <= numMinDelayRetries) return least * 1000;
  const rising = numRetries - numNoDelayRetries - numMinDelayRetries - numMaxDelayRetries;
  const step = retry - numMinDelayRetries;
  if (step > rising) return most * 1000;
  const share = rising <= 1 ? 0 : (step - 1) / (rising - 1);
  return 1000 * Math.min(most, least + (most - least) * risen(policy.backoffFunction, share));
}

/** How far between the least and the longest delay, of how far between the first retry and the last: both 0 to 1. */
function risen(backoff: Backoff, share: number): number {
  switch (backoff) {
    case "linear":
      return share;
    case "arithmetic":
      return (share * (share + 1)) / 2;
    case "geometric":
      return share ** 2;
    case "exponential":
      return (2 ** (10 * share) - 1) / (2 ** 10 - 1);
  }
}
