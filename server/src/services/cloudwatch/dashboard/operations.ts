// Dashboards: documents that are checked and kept; no console of this server draws them.
// Gap: GetMetricWidgetImage draws nothing and is not yet available.
import type { Operations as Contract } from "../../../../../contract/cloudwatch/types.ts";
import type { Call, Permission } from "../../../core/call.ts";
import { cutPage } from "../../../core/pages.ts";
import { tagConditions } from "../../../core/request-tags.ts";
import type { Operations } from "../../../core/service.ts";
import { again } from "../../../store/rows/again.ts";
import type { Row, Rows } from "../../../store/rows/rows.ts";
import { invalidDashboard, invalidValue, noDashboard } from "../errors.ts";
import { DASHBOARD, type DashboardDocument, dashboardArn, dashboardKey } from "../shared/dashboards.ts";
import { tagsOf } from "../shared/tags.ts";
import { readToken } from "../shared/tokens.ts";
import { validate } from "./validate.ts";

const PAGE = 1000;
/** CloudWatch API reference, PutDashboard. */
const LONGEST_NAME = 255;
const MOST_BYTES = 1024 * 1024;

const onDashboards = (call: Call, names: readonly string[]): readonly Permission[] =>
  names.map((name) => ({ action: `cloudwatch:${call.operation}`, resource: dashboardArn(call, name) }));

export const dashboard = ({ rows }: { readonly rows: Rows }): Operations<Contract> => ({
  PutDashboard: {
    permissions: (input, call) =>
      onDashboards(call, [input.DashboardName]).map((each) => ({
        ...each,
        conditions: tagConditions(input.Tags ?? []),
      })),
    async run({ DashboardName, DashboardBody, Tags }, call) {
      checkName(DashboardName);
      if (Buffer.byteLength(DashboardBody) > MOST_BYTES)
        throw invalidDashboard(`The field DashboardBody must have at most ${MOST_BYTES} bytes`, []);
      const { errors, warnings } = validate(DashboardBody);
      const [first] = errors;
      if (first)
        throw invalidDashboard(`The dashboard body is invalid: ${first.DataPath ?? ""} ${first.Message}`, errors);
      const key = dashboardKey(call, DashboardName);
      await again(async () => {
        const row = await rows.get<DashboardDocument>(key);
        const document = { body: DashboardBody, tags: row?.document.tags ?? tagsOf(Tags) };
        await rows.commit({
          expect: [{ key, version: row?.version ?? "absent" }],
          put: [{ ...key, status: "Active", createdAt: row?.createdAt ?? call.at, modifiedAt: call.at, document }],
        });
      });
      return { DashboardValidationMessages: warnings };
    },
  },
  GetDashboard: {
    permissions: (input, call) => onDashboards(call, [input.DashboardName]),
    async run({ DashboardName }, call) {
      const row = await rows.get<DashboardDocument>(dashboardKey(call, DashboardName));
      if (!row) throw noDashboard(DashboardName);
      return { DashboardArn: dashboardArn(call, DashboardName), DashboardBody: row.document.body, DashboardName };
    },
  },
  ListDashboards: {
    async run({ DashboardNamePrefix: prefix, NextToken }, call) {
      const after = readToken(NextToken);
      const range = { kind: DASHBOARD, scope: call.account, prefix, after, limit: PAGE + 1 };
      const { items, next } = cutPage(await rows.scan<DashboardDocument>(range), ({ name }) => name, PAGE);
      return {
        DashboardEntries: items.map(({ name, modifiedAt, document }: Row<DashboardDocument>) => ({
          DashboardName: name,
          DashboardArn: dashboardArn(call, name),
          LastModified: modifiedAt / 1000,
          Size: Buffer.byteLength(document.body),
        })),
        ...(next === undefined ? {} : { NextToken: next }),
      };
    },
  },
  DeleteDashboards: {
    permissions: (input, call) => onDashboards(call, input.DashboardNames),
    async run({ DashboardNames }, call) {
      if (DashboardNames.length === 0) throw invalidValue("The parameter DashboardNames must name a dashboard.");
      const keys = [...new Set(DashboardNames)].map((name) => dashboardKey(call, name));
      await again(async () => {
        const found = await rows.getMany(keys);
        for (const [at, row] of found.entries()) if (!row) throw noDashboard(keys[at]?.name ?? "");
        await rows.commit({ remove: keys });
      });
      return {};
    },
  },
});

/** @throws ApiError InvalidParameterValue */
function checkName(name: string): void {
  if (name.length > LONGEST_NAME)
    throw invalidValue(`The value for field DashboardName must have at most ${LONGEST_NAME} characters.`);
  if (!/^[A-Za-z0-9_-]+$/.test(name))
    throw invalidValue(
      "The value for field DashboardName contains invalid characters. It can only contain alphanumerics, dash (-) and underscore (_).\n",
    );
}
