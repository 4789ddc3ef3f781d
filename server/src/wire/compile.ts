// Turns shapes into functions once, at their first use, so that a call walks closures and not the model.
import type { ServiceModel, Shape } from "../../../contract/model.ts";

/** Makes the function of a shape; `of` gives the function of another shape, also of one that contains this one. */
export type Build<Compiled> = (shape: Shape, name: string, of: (name: string) => Compiled) => Compiled;

/**
 * A memoised compiler for one service. A shape that contains itself gets a function that looks itself up when called,
 * made by `later`.
 */
export function shapeCompiler<Compiled>(
  model: ServiceModel,
  build: Build<Compiled>,
  later: (get: () => Compiled) => Compiled,
): (name: string) => Compiled {
  const done = new Map<string, Compiled>();
  const open = new Set<string>();
  const of = (name: string): Compiled => {
    const known = done.get(name);
    if (known !== undefined) return known;
    if (open.has(name)) return later(() => of(name));
    open.add(name);
    const made = build(shapeOf(model, name), name, of);
    open.delete(name);
    done.set(name, made);
    return made;
  };
  return of;
}

/** @throws Error when the generated contract refers to a shape it does not hold */
export function shapeOf(model: ServiceModel, name: string): Shape {
  const shape = model.shapes[name];
  if (shape === undefined) throw new Error(`contract/${model.name} has no shape ${name}`);
  return shape;
}

/** Sets an own property whatever its name; a caller may call a map key `__proto__`. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__")
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  else target[key] = value;
}
