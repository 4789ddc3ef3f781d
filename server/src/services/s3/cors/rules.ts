// Which rule of a bucket's CORS configuration lets a request from another origin in, and what the answer's headers say.
// Source: S3 user guide, "Elements of a CORS configuration"; headers as recorded from AWS in LocalStack's
// tests/aws/services/s3/test_s3_cors.snapshot.json.
import type { CORSRule } from "../../../../../contract/s3/types.ts";

/** What a browser says of a request. */
export interface CrossOriginRequest {
  readonly origin: string;
  /** Of the request itself, or the one that a preflight asks about. */
  readonly method: string;
  /** In lower case; those that a preflight asks about. */
  readonly headers: readonly string[];
}

/** Headers for the answer; undefined when no rule fits. */
export function allowance(
  rules: readonly CORSRule[],
  request: CrossOriginRequest,
): Readonly<Record<string, string>> | undefined {
  for (const rule of rules) {
    const origin = (rule.AllowedOrigins ?? []).find((pattern) => matches(pattern, request.origin));
    const isAllowed =
      origin !== undefined &&
      (rule.AllowedMethods ?? []).includes(request.method) &&
      request.headers.every((name) => (rule.AllowedHeaders ?? []).some((one) => matches(one.toLowerCase(), name)));
    if (isAllowed) return headersOf(rule, origin, request);
  }
  return undefined;
}

function headersOf(rule: CORSRule, pattern: string, request: CrossOriginRequest): Readonly<Record<string, string>> {
  const isForAll = pattern === "*";
  const { AllowedMethods = [], ExposeHeaders = [], MaxAgeSeconds } = rule;
  return {
    "Access-Control-Allow-Origin": isForAll ? "*" : request.origin,
    ...(isForAll ? {} : { "Access-Control-Allow-Credentials": "true" }),
    "Access-Control-Allow-Methods": AllowedMethods.join(", "),
    ...(request.headers.length === 0 ? {} : { "Access-Control-Allow-Headers": request.headers.join(", ") }),
    ...(ExposeHeaders.length === 0 ? {} : { "Access-Control-Expose-Headers": ExposeHeaders.join(", ") }),
    ...(MaxAgeSeconds === undefined ? {} : { "Access-Control-Max-Age": String(MaxAgeSeconds) }),
    Vary: "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
  };
}

/** One `*` stands for any characters. */
function matches(pattern: string, text: string): boolean {
  const star = pattern.indexOf("*");
  if (star < 0) return pattern === text;
  const [start, end] = [pattern.slice(0, star), pattern.slice(star + 1)];
  return text.length >= start.length + end.length && text.startsWith(start) && text.endsWith(end);
}
