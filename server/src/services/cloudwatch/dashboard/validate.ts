// What is wrong with the body of a dashboard, place by place.
// Source: CloudWatch API reference, "Dashboard Body Structure and Syntax".
import type { DashboardValidationMessage } from "../../../../../contract/cloudwatch/types.ts";

export interface Problems {
  /** The dashboard is not saved. */
  readonly errors: readonly DashboardValidationMessage[];
  /** It is, and shows something else than was meant. */
  readonly warnings: readonly DashboardValidationMessage[];
}

type Properties = Readonly<Record<string, unknown>>;

const MOST_WIDGETS = 500;
const COLUMNS = 24;
const MOST_ROWS = 1000;
const MOST_METRICS = 500;
const views = ["timeSeries", "singleValue", "gauge", "bar", "pie", "table"];

const isObject = (value: unknown): value is Properties =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function validate(body: string): Problems {
  const errors: DashboardValidationMessage[] = [];
  const warnings: DashboardValidationMessage[] = [];
  const wrong: Wrong = (DataPath, Message) => {
    errors.push({ DataPath, Message });
    return false;
  };
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { errors: [{ Message: "The field DashboardBody must be a valid JSON object" }], warnings };
  }
  if (!isObject(value))
    return { errors: [{ Message: "The field DashboardBody must be a valid JSON object" }], warnings };
  const { widgets = [], periodOverride } = value;
  if (periodOverride !== undefined && periodOverride !== "auto" && periodOverride !== "inherit")
    wrong("/periodOverride", "Should be auto or inherit");
  if (!Array.isArray(widgets)) wrong("/widgets", "Should be an array");
  else if (widgets.length > MOST_WIDGETS) wrong("/widgets", `Should have at most ${MOST_WIDGETS} widgets`);
  else for (const [at, widget] of widgets.entries()) checkWidget(`/widgets/${at}`, widget, wrong, warnings);
  return { errors, warnings };
}

/** Notes what is wrong where; false, so that a check ends with it. */
type Wrong = (path: string, message: string) => false;

const required: Readonly<Record<string, readonly string[]>> = {
  metric: ["region"],
  text: ["markdown"],
  log: ["query", "region"],
  alarm: ["alarms"],
  explorer: ["metrics", "aggregateBy", "labels"],
  custom: ["endpoint"],
};

function checkWidget(path: string, widget: unknown, wrong: Wrong, warnings: DashboardValidationMessage[]): boolean {
  if (!isObject(widget)) return wrong(path, "Should be an object");
  const { type, properties, width, height } = widget;
  checkPlace(`${path}/x`, widget["x"], 0, COLUMNS - 1, wrong);
  checkPlace(`${path}/y`, widget["y"], 0, Number.MAX_SAFE_INTEGER, wrong);
  checkPlace(`${path}/width`, width, 1, COLUMNS, wrong);
  checkPlace(`${path}/height`, height, 1, MOST_ROWS, wrong);
  if ((widget["x"] === undefined) !== (widget["y"] === undefined)) wrong(path, "Should have x and y, or none of them");
  const needed = typeof type === "string" && Object.hasOwn(required, type) ? required[type] : undefined;
  if (!needed) return wrong(`${path}/type`, `Should be one of ${Object.keys(required).join(", ")}`);
  if (!isObject(properties)) return wrong(`${path}/properties`, "Should be an object");
  for (const name of needed)
    if (properties[name] === undefined) wrong(`${path}/properties`, `Should have the property ${name}`);
  return type !== "metric" || checkMetricWidget(`${path}/properties`, properties, wrong, warnings);
}

function checkPlace(path: string, value: unknown, least: number, most: number, wrong: Wrong): void {
  if (value === undefined) return;
  if (!Number.isInteger(value) || Number(value) < least || Number(value) > most)
    wrong(path, `Should be a whole number from ${least}${most < Number.MAX_SAFE_INTEGER ? ` to ${most}` : ""}`);
}

function checkMetricWidget(
  path: string,
  { metrics, view, annotations, stacked, period }: Properties,
  wrong: Wrong,
  warnings: DashboardValidationMessage[],
): boolean {
  if (metrics === undefined && annotations === undefined) wrong(path, "Should have metrics or an alarm annotation");
  if (view !== undefined && !views.includes(String(view)))
    wrong(`${path}/view`, `Should be one of ${views.join(", ")}`);
  if (stacked !== undefined && typeof stacked !== "boolean") wrong(`${path}/stacked`, "Should be true or false");
  if (period !== undefined && (!Number.isInteger(period) || Number(period) < 1))
    wrong(`${path}/period`, "Should be a number of seconds");
  if (stacked === true && view === "singleValue")
    warnings.push({ DataPath: `${path}/stacked`, Message: "Has no effect on single values" });
  if (metrics === undefined) return true;
  if (!Array.isArray(metrics)) return wrong(`${path}/metrics`, "Should be an array");
  if (metrics.length > MOST_METRICS) wrong(`${path}/metrics`, `Should have at most ${MOST_METRICS} metrics`);
  for (const [at, metric] of metrics.entries()) {
    const here = `${path}/metrics/${at}`;
    if (!Array.isArray(metric) || metric.length === 0)
      wrong(here, "Should be an array of a namespace, a metric name and dimensions");
    else if (metric.slice(0, -1).some((part) => typeof part !== "string"))
      wrong(here, "Should hold texts, and options last");
  }
  return true;
}
