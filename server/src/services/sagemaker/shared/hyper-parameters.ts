// Hyperparameters as an algorithm resource declares them: a type, the range that belongs to it, a default within it
// (API reference, HyperParameterSpecification).
import type { HyperParameterSpecification, ParameterRange } from "../../../../../contract/sagemaker/types.ts";
import { errors } from "../../../core/errors.ts";

const rangeOf: Readonly<Record<string, keyof ParameterRange>> = {
  Integer: "IntegerParameterRangeSpecification",
  Continuous: "ContinuousParameterRangeSpecification",
  Categorical: "CategoricalParameterRangeSpecification",
};

/** @throws ApiError Validation naming the hyperparameter */
export function checkHyperParameters(specifications: readonly HyperParameterSpecification[]): void {
  for (const specification of specifications) checkSpecification(specification);
}

function checkSpecification(specification: HyperParameterSpecification): void {
  const { Name, Type, Range, IsTunable, DefaultValue } = specification;
  const invalid = (what: string) => errors.validation(`Hyperparameter "${Name}": ${what}`);
  const given = Object.keys(Range ?? {});
  const expected = rangeOf[Type];
  if (Range && (given.length !== 1 || given[0] !== expected))
    throw invalid(
      `expected ${expected ? `the range ${expected}` : "no range"} with Type ${Type}, got ${given.join(", ") || "none"}.`,
    );
  if (IsTunable && !expected) throw invalid(`one of Type ${Type} cannot be tuned, got IsTunable true.`);
  if (IsTunable && !Range) throw invalid("one that can be tuned must have a Range.");
  const problem = problemOf(specification);
  if (problem) throw invalid(problem);
  if (DefaultValue !== undefined && !isWithin(DefaultValue, specification))
    throw invalid(`expected a DefaultValue within its Type ${Type} and Range, got "${DefaultValue}".`);
}

/** What is wrong with the ends of a range. */
function problemOf({ Type, Range }: HyperParameterSpecification): string | undefined {
  const ends = Range?.IntegerParameterRangeSpecification ?? Range?.ContinuousParameterRangeSpecification;
  if (!ends) return undefined;
  const { MinValue, MaxValue } = ends;
  for (const end of [MinValue, MaxValue])
    if (!isNumber(end, Type)) return `expected MinValue and MaxValue of Type ${Type}, got "${end}".`;
  if (Number(MinValue) > Number(MaxValue))
    return `expected a MinValue that is not above MaxValue, got ${MinValue} and ${MaxValue}.`;
  return undefined;
}

/** Whether a value is of the hyperparameter's type and in its range. */
export function isWithin(value: string, { Type, Range }: HyperParameterSpecification): boolean {
  if (Type === "Categorical") return Range?.CategoricalParameterRangeSpecification?.Values.includes(value) ?? true;
  if (Type === "FreeText") return true;
  const ends = Range?.IntegerParameterRangeSpecification ?? Range?.ContinuousParameterRangeSpecification;
  if (!isNumber(value, Type)) return false;
  return !ends || (Number(value) >= Number(ends.MinValue) && Number(value) <= Number(ends.MaxValue));
}

const isNumber = (text: string, type: string): boolean =>
  type === "Integer" ? /^[+-]?\d+$/.test(text) : text.trim() !== "" && Number.isFinite(Number(text));
