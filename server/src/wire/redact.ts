// What of a request the call log keeps: everything but blobs, digests of them and sensitive values.
import type { ServiceModel, Shape } from "../../../contract/model.ts";
import type { Json } from "../core/json.ts";
import { setOwn, shapeCompiler, shapeOf } from "./compile.ts";

/** Undefined for a value that is not kept. */
export type Redact = (value: unknown) => Json | undefined;

/** CloudTrail shows that a sensitive member was given, not what it was. */
const HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS";

/** Credentials whose shape the models do not mark. */
const SECRETS: ReadonlySet<string> = new Set(["SessionToken"]);

/** Names of shapes that are digests of what is not kept: bytes that are few are guessed by them, and so are keys. */
const DIGEST = /^Checksum[A-Z0-9]+$|MD5$/;

export const redactors = (model: ServiceModel): ((name: string) => Redact) =>
  shapeCompiler<Redact>(
    model,
    (shape, name, of) => (DIGEST.test(name) ? () => undefined : buildRedact(model, shape, of)),
    (get) => (value) => get()(value),
  );

function buildRedact(model: ServiceModel, shape: Shape, of: (name: string) => Redact): Redact {
  switch (shape.type) {
    case "structure": {
      const members = Object.entries(shape.members)
        .filter(([, member]) => shapeOf(model, member.shape).type !== "blob")
        .map(([name, member]) => [name, SECRETS.has(name) ? () => HIDDEN : of(member.shape)] as const);
      return (value) => {
        const kept: Record<string, Json> = {};
        for (const [name, redact] of members) {
          const item = (value as Readonly<Record<string, unknown>>)[name];
          const json = item === undefined || item === null ? undefined : redact(item);
          if (json !== undefined) kept[name] = json;
        }
        return kept;
      };
    }
    case "list": {
      const redact = of(shape.member.shape);
      return (value) => (value as readonly unknown[]).map((item) => (item === null ? null : (redact(item) ?? null)));
    }
    case "map": {
      const redact = of(shape.value.shape);
      return (value) => {
        const kept: Record<string, Json> = {};
        for (const [key, item] of Object.entries(value as object)) setOwn(kept, key, redact(item) ?? null);
        return kept;
      };
    }
    case "string":
      return shape.sensitive ? () => HIDDEN : (value) => value as string;
    case "blob":
      return () => undefined;
    default:
      return (value) => value as number | boolean;
  }
}
