// What the service's nouns work on.
import type { DataKeys, PolicyChecks } from "../../../core/ports.ts";
import type { Queries } from "../query/runner.ts";
import type { Parts } from "./groups.ts";
import type { MetricFilters } from "./metrics/filters.ts";
import type { ResourcePolicies } from "./resource-policies.ts";

export interface LogsContext extends Parts {
  readonly filters: MetricFilters;
  readonly policies: ResourcePolicies;
  readonly policyChecks: PolicyChecks;
  readonly keys: DataKeys;
  readonly queries: Queries;
}
