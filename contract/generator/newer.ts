// Which members reachable from a request are not in the model of September 2020. Compared along paths from the
// operation, since shapes have been renamed; only the top-most new member is marked, not what lies under it.
import { operationOf, type RawModel, shapeOf } from "./botocore.ts";

/** Structure name to the names of its newer members. */
export type NewerMembers = ReadonlyMap<string, ReadonlySet<string>>;

/** A member counts as old if any path of the old model reaches it, so that a shared structure never refuses old calls. */
export function newerMembers(operations: readonly string[], today: RawModel, old: RawModel): NewerMembers {
  const known = new Map<string, Set<string>>();
  const visited = new Set<string>();

  const compare = (name: string, oldName: string): void => {
    if (visited.has(`${name} ${oldName}`)) return;
    visited.add(`${name} ${oldName}`);
    const shape = shapeOf(today, name);
    const oldShape = shapeOf(old, oldName);
    for (const part of ["member", "key", "value"] as const) {
      const [element, oldElement] = [shape[part], oldShape[part]];
      if (element && oldElement) compare(element.shape, oldElement.shape);
    }
    if (shape.type !== "structure") return;
    const names = known.get(name) ?? new Set();
    known.set(name, names);
    for (const [memberName, member] of Object.entries(shape.members ?? {})) {
      const oldMember = oldShape.members?.[memberName];
      if (oldMember === undefined) continue;
      names.add(memberName);
      compare(member.shape, oldMember.shape);
    }
  };

  for (const operation of operations) {
    const input = operationOf(today, operation).input?.shape;
    const oldInput = old.operations[operation]?.input?.shape;
    if (input !== undefined && oldInput !== undefined) compare(input, oldInput);
  }
  return new Map(
    [...known].map(([name, names]) => [
      name,
      new Set(Object.keys(shapeOf(today, name).members ?? {})).difference(names),
    ]),
  );
}
