// Dashboards as they are kept: an account's, in every region the same.
import type { RowKey } from "../../../store/rows/rows.ts";
import { partitionOf } from "./alarms.ts";
import type { Place } from "./place.ts";

export interface DashboardDocument {
  readonly body: string;
  readonly tags: Readonly<Record<string, string>>;
}

export const DASHBOARD = "cloudwatch:dashboard";

export const dashboardKey = ({ account }: Place, name: string): RowKey => ({ kind: DASHBOARD, scope: account, name });

export const dashboardArn = ({ account, region }: Place, name: string): string =>
  `arn:${partitionOf(region)}:cloudwatch::${account}:dashboard/${name}`;
