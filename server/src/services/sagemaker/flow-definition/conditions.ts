// Activation conditions of a flow definition: which results of a built-in task type go to people (guide, "JSON Schema for
// Human Loop Activation Conditions in Amazon Augmented AI").
import { errors } from "../../../core/errors.ts";

/** What may stand in ConditionType, by task type. */
const types: Readonly<Record<string, readonly string[]>> = {
  "AWS/Textract/AnalyzeDocument/Forms/V1": ["ImportantFormKeyConfidenceCheck", "MissingImportantFormKey", "Sampling"],
  "AWS/Rekognition/DetectModerationLabels/Image/V3": ["ModerationLabelConfidenceCheck", "Sampling"],
};

/** And and Or within each other. */
const MAX_DEPTH = 2;
const LOWEST_PERCENTAGE = 0.01;

const invalid = (what: string) => errors.validation(`HumanLoopActivationConditions: ${what}`);

type Members = Readonly<Record<string, unknown>>;

/** @throws ApiError Validation for what the schema does not allow */
export function checkConditions(text: string, taskType: string): void {
  const root = parse(text);
  if (!isObject(root) || !Array.isArray(root.Conditions))
    throw invalid("expected an object with the list Conditions, see the schema in the guide.");
  for (const condition of root.Conditions) checkCondition(condition, taskType, 0);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(`expected JSON, got text that is not: ${(cause as Error).message}`);
  }
}

function checkCondition(condition: unknown, taskType: string, depth: number): void {
  if (!isObject(condition)) throw invalid(`expected an object for each condition, got ${JSON.stringify(condition)}.`);
  const group = ["And", "Or"].find((word) => word in condition);
  if (group === undefined) checkLeaf(condition, taskType);
  else checkGroup(group, condition[group], taskType, depth + 1);
}

function checkLeaf(condition: Members, taskType: string): void {
  const { ConditionType, ConditionParameters } = condition;
  const allowed = types[taskType] ?? [];
  if (typeof ConditionType !== "string" || !allowed.includes(ConditionType))
    throw invalid(
      `expected a ConditionType of ${taskType}, which has ${allowed.join(", ")}, got ${JSON.stringify(ConditionType)}.`,
    );
  if (ConditionParameters !== undefined && !isObject(ConditionParameters))
    throw invalid(`expected an object for ConditionParameters of ${ConditionType}.`);
  if (ConditionType === "Sampling") checkPercentage(ConditionParameters?.RandomSamplingPercentage);
}

function checkGroup(word: string, members: unknown, taskType: string, depth: number): void {
  if (depth > MAX_DEPTH) throw invalid(`And and Or may be nested ${MAX_DEPTH} deep, got one deeper.`);
  if (!Array.isArray(members) || members.length < 2)
    throw invalid(
      `expected two or more conditions in ${word}, got ${Array.isArray(members) ? members.length : "none"}.`,
    );
  for (const member of members) checkCondition(member, taskType, depth);
}

function checkPercentage(value: unknown): void {
  if (typeof value !== "number" || value < LOWEST_PERCENTAGE || value > 100)
    throw invalid(`expected a RandomSamplingPercentage of ${LOWEST_PERCENTAGE} to 100, got ${JSON.stringify(value)}.`);
}

const isObject = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);
