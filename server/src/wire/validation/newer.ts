// Members newer than September 2020: a caller may send them, and an operation that does not honour one must not
// pretend to. Design §7, third refusal.
import type { Member, ServiceModel, Shape } from "../../../../contract/model.ts";
import { errors } from "../../core/errors.ts";
import { shapeCompiler, shapeOf } from "../compile.ts";

/** Path of the first newer member that asks for something and is not in `honoured`. */
export type FindNewer = (value: unknown, path: string, honoured: ReadonlySet<string>) => string | undefined;

/** Finders by shape name; one below which nothing is newer answers undefined at once. */
export function newerFinders(model: ServiceModel): (name: string) => FindNewer {
  return shapeCompiler<FindNewer>(
    model,
    (shape, name, of) => (hasNewer(model, name, new Set()) ? buildFinder(shape, of) : nothing),
    (get) => (value, path, honoured) => get()(value, path, honoured),
  );
}

/** @throws ApiError Validation naming the member */
export function refuseNewer(path: string, operation: string): never {
  throw errors.validation(
    `The parameter ${path} of ${operation} is not available on this server yet. Leave it out to go on without it.`,
  );
}

const nothing: FindNewer = () => undefined;

/** Clients fill in idempotency tokens by themselves; ignoring one does less than the caller hoped, never something else. */
const isNewer = (member: Member): boolean => member.newer === true && member.idempotencyToken !== true;

function hasNewer(model: ServiceModel, name: string, seen: Set<string>): boolean {
  if (seen.has(name)) return false;
  seen.add(name);
  const shape = shapeOf(model, name);
  switch (shape.type) {
    case "structure":
      return Object.values(shape.members).some((member) => isNewer(member) || hasNewer(model, member.shape, seen));
    case "list":
      return hasNewer(model, shape.member.shape, seen);
    case "map":
      return hasNewer(model, shape.value.shape, seen);
    default:
      return false;
  }
}

function buildFinder(shape: Shape, of: (name: string) => FindNewer): FindNewer {
  if (shape.type === "structure") {
    const members = Object.entries(shape.members)
      .map(([name, member]) => ({ name, newer: isNewer(member), find: of(member.shape) }))
      .filter((member) => member.newer || member.find !== nothing);
    return (value, path, honoured) => {
      for (const { name, newer, find } of members) {
        const item = (value as Readonly<Record<string, unknown>>)[name];
        if (item === undefined || item === null) continue;
        const at = path === "" ? name : `${path}.${name}`;
        if (newer && !honoured.has(at)) {
          if (asksForSomething(item)) return at;
        } else if (!newer) {
          const found = find(item, at, honoured);
          if (found !== undefined) return found;
        }
      }
      return undefined;
    };
  }
  if (shape.type !== "list" && shape.type !== "map") return nothing;
  const find = of(shape.type === "list" ? shape.member.shape : shape.value.shape);
  return (value, path, honoured) => {
    for (const item of Object.values(value as object)) {
      const found = item === null ? undefined : find(item, path, honoured);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

/** False, an empty text, list or structure ask for nothing that leaving the member out would not give. */
function asksForSomething(value: unknown): boolean {
  if (value === false || value === "") return false;
  return typeof value !== "object" || value === null || Object.values(value).some(asksForSomething);
}
