// Checks a decoded input against the model and says every violation in AWS's words, as seen in its recorded answers:
// `1 validation error detected: Value 'x' at 'a.1.member.b' failed to satisfy constraint: Member must …`.
import type { ServiceModel, Shape, StringShape, StructureShape } from "../../../../contract/model.ts";
import { type ApiError, errors } from "../../core/errors.ts";
import { shapeCompiler, shapeOf } from "../compile.ts";
import { javaPattern } from "./pattern.ts";

/** Adds to `problems` what is wrong with the value at the path. */
export type Check = (value: unknown, path: string, problems: string[]) => void;

/** Violations of one scalar, without their place. */
type Violations = (value: unknown) => readonly string[];

/** Longest value repeated in a message. */
const LONGEST_SHOWN_VALUE = 1024;

/** Beyond this a text that is too long is told that only. */
const LONGEST_MATCHED = 10_000;

/** More problems are not looked for: a list of a million empty structures would be answered by hundreds of megabytes. */
const MOST_PROBLEMS = 100;

/** Checkers by shape name; undefined where nothing below the shape is constrained. */
export function constraintChecks(model: ServiceModel): (name: string) => Check {
  return shapeCompiler<Check>(
    model,
    (shape, _name, of) => buildCheck(model, shape, of),
    (get) => (value, path, problems) => get()(value, path, problems),
  );
}

/** The one error that names all problems; undefined when there are none. */
export function violationError(problems: readonly string[]): ApiError | undefined {
  if (problems.length === 0) return undefined;
  const count = problems.length === 1 ? "1 validation error" : `${problems.length} validation errors`;
  return errors.validation(`${count} detected: ${problems.join("; ")}`);
}

function buildCheck(model: ServiceModel, shape: Shape, of: (name: string) => Check): Check {
  switch (shape.type) {
    case "structure":
      return structureCheck(shape, of);
    case "list":
      return (value, path, problems) => listCheck(value as readonly unknown[], path, problems);
    case "map":
      return mapCheck(model, shape, of);
    default:
      return scalarCheck(shape);
  }

  function listCheck(items: readonly unknown[], path: string, problems: string[]): void {
    if (shape.type !== "list") return;
    report(items, path, sizeViolations(items.length, shape), problems);
    const inner = shapeOf(model, shape.member.shape);
    const check = of(shape.member.shape);
    if (inner.type === "structure" || inner.type === "list" || inner.type === "map") {
      for (const [index, item] of items.entries()) {
        if (problems.length >= MOST_PROBLEMS) return;
        checkItem(check, item, `${path}.${index + 1}.member`, problems);
      }
      return;
    }
    const violations = scalarViolations(inner);
    const broken = items.find((item) => item === null || violations(item).length > 0);
    if (broken === undefined) return;
    report(items, path, [`Member must satisfy constraint: [${allConstraints(inner).join(", ")}]`], problems);
  }
}

function checkItem(check: Check, item: unknown, path: string, problems: string[]): void {
  if (item === null) problems.push(`Value null at '${path}' failed to satisfy constraint: Member must not be null`);
  else check(item, path, problems);
}

function structureCheck(shape: StructureShape, of: (name: string) => Check): Check {
  const required = new Set(shape.required ?? []);
  const members = Object.entries(shape.members).map(([name, member]) => ({
    name,
    label: lowerFirst(name),
    required: required.has(name),
    check: member.streaming ? undefined : of(member.shape),
  }));
  return (value, path, problems) => {
    const given = value as Readonly<Record<string, unknown>>;
    for (const member of members) {
      const item = given[member.name];
      const at = path === "" ? member.label : `${path}.${member.label}`;
      if (item !== undefined && item !== null) member.check?.(item, at, problems);
      else if (member.required)
        problems.push(`Value null at '${at}' failed to satisfy constraint: Member must not be null`);
    }
  };
}

function mapCheck(model: ServiceModel, shape: Shape, of: (name: string) => Check): Check {
  if (shape.type !== "map") return () => {};
  const keyShape = shapeOf(model, shape.key.shape);
  const valueShape = shapeOf(model, shape.value.shape);
  const keyViolations = scalarViolations(keyShape);
  const valueViolations = isScalar(valueShape) ? scalarViolations(valueShape) : undefined;
  const check = of(shape.value.shape);
  return (value, path, problems) => {
    const entries = Object.entries(value as object);
    report(value, path, sizeViolations(entries.length, shape), problems);
    if (entries.some(([key]) => keyViolations(key).length > 0))
      report(value, path, [`Map keys must satisfy constraint: [${allConstraints(keyShape).join(", ")}]`], problems);
    if (valueViolations === undefined) {
      for (const [key, item] of entries)
        if (problems.length < MOST_PROBLEMS) checkItem(check, item, `${path}.${key}.member`, problems);
    } else if (entries.some(([, item]) => valueViolations(item).length > 0)) {
      report(value, path, [`Map value must satisfy constraint: [${allConstraints(valueShape).join(", ")}]`], problems);
    }
  };
}

const isScalar = (shape: Shape): boolean => shape.type !== "structure" && shape.type !== "list" && shape.type !== "map";

function scalarCheck(shape: Shape): Check {
  const violations = scalarViolations(shape);
  const secret = shape.type === "blob" || (shape.type === "string" && shape.sensitive === true);
  return (value, path, problems) => report(secret ? undefined : value, path, violations(value), problems);
}

const none: readonly string[] = [];

function scalarViolations(shape: Shape): Violations {
  switch (shape.type) {
    case "string":
      return stringViolations(shape);
    case "blob":
      return (value) => sizeViolations((value as Uint8Array).length, shape);
    case "integer":
    case "long":
    case "float":
    case "double": {
      const { min, max } = shape;
      return (value) => {
        const number = value as number;
        // Written so that NaN, which is neither above nor below, is refused too.
        if (max !== undefined && !(number <= max)) return [`Member must have value less than or equal to ${max}`];
        if (min !== undefined && !(number >= min)) return [`Member must have value greater than or equal to ${min}`];
        return none;
      };
    }
    default:
      return () => none;
  }
}

function stringViolations(shape: StringShape): Violations {
  const allowed = shape.enum && new Set(shape.enum);
  const pattern = shape.pattern === undefined ? undefined : javaPattern(shape.pattern);
  return (value) => {
    const text = value as string;
    if (allowed !== undefined && !allowed.has(text)) return [enumConstraint(shape.enum ?? [])];
    const size = sizeViolations(text.length, shape);
    // Some patterns need the square of a text's length: one that is refused anyway is not held to its pattern.
    if (pattern === undefined || (size.length > 0 && text.length > LONGEST_MATCHED) || pattern(text)) return size;
    return [...size, `Member must satisfy regular expression pattern: ${shape.pattern}`];
  };
}

const enumConstraint = (values: readonly string[]): string =>
  `Member must satisfy enum value set: [${values.join(", ")}]`;

function sizeViolations(size: number, limits: { readonly min?: number; readonly max?: number }): readonly string[] {
  if (limits.max !== undefined && size > limits.max)
    return [`Member must have length less than or equal to ${limits.max}`];
  if (limits.min !== undefined && size < limits.min)
    return [`Member must have length greater than or equal to ${limits.min}`];
  return none;
}

/** Every constraint of a scalar: a list or map with one bad entry is told all of them. */
function allConstraints(shape: Shape): readonly string[] {
  if (shape.type !== "string" && shape.type !== "blob") return [];
  const constraints: string[] = [];
  if (shape.max !== undefined) constraints.push(`Member must have length less than or equal to ${shape.max}`);
  if (shape.min !== undefined || shape.max !== undefined)
    constraints.push(`Member must have length greater than or equal to ${shape.min ?? 0}`);
  if (shape.type === "string" && shape.enum) constraints.push(enumConstraint(shape.enum));
  if (shape.type === "string" && shape.pattern !== undefined)
    constraints.push(`Member must satisfy regular expression pattern: ${shape.pattern}`);
  return constraints;
}

/** A value that must not be shown is given as undefined: `Value at 'password' failed …`. */
function report(value: unknown, path: string, violations: readonly string[], problems: string[]): void {
  if (violations.length === 0) return;
  const shown = value === undefined ? "Value" : `Value '${javaText(value).slice(0, LONGEST_SHOWN_VALUE)}'`;
  for (const violation of violations) problems.push(`${shown} at '${path}' failed to satisfy constraint: ${violation}`);
}

/** Lists and maps as Java prints them, which is what AWS shows: `[a, b]`, `{k=v}`. */
function javaText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(javaText).join(", ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  const entries = Object.entries(value).map(([key, item]) => `${key}=${javaText(item)}`);
  return `{${entries.join(", ")}}`;
}

/** `trainingJobName`, `s3Uri`, `kmsKeyId`: only the first letter changes. */
const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);
