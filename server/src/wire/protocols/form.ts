// Nested parameters of the query protocol, `Tags.member.1.Key=a`, as a tree.

import { errors } from "../../core/errors.ts";
import type { QueryParameter } from "../request.ts";

export interface FormNode {
  text?: string;
  children?: Map<string, FormNode>;
}

/** Most parameters and deepest nesting of a form; the largest documented query calls need far less. */
const MOST_PARAMETERS = 20_000;
const DEEPEST = 32;

/** @throws ApiError SerializationFailure when the form is beyond the limits */
export function formTree(form: readonly QueryParameter[]): FormNode {
  if (form.length > MOST_PARAMETERS)
    throw errors.serializationFailure(`Expected at most ${MOST_PARAMETERS} parameters, got ${form.length}.`);
  const root: FormNode = {};
  for (const { name, value } of form) {
    const parts = name.split(".");
    if (parts.length > DEEPEST)
      throw errors.serializationFailure(`Expected parameters nested at most ${DEEPEST} deep.`);
    let node = root;
    for (const part of parts) {
      node.children ??= new Map();
      const next: FormNode = node.children.get(part) ?? {};
      node.children.set(part, next);
      node = next;
    }
    node.text = value;
  }
  return root;
}

/** Children with a number as name, in the order of the numbers. */
export function numbered(node: FormNode | undefined): readonly FormNode[] {
  return [...(node?.children ?? [])]
    .filter(([name]) => /^\d+$/.test(name))
    .sort(([left], [right]) => Number(left) - Number(right))
    .map(([, child]) => child);
}
