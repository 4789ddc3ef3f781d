// A trial component as it is now: what people said about it over what its job tells.
import type {
  DescribeTrialComponentResponse,
  TrialComponentArtifact,
  TrialComponentParameterValue,
  TrialComponentSourceDetail,
  TrialComponentSummary,
} from "../../../../../contract/sagemaker/types.ts";
import type { Row, Rows } from "../../../store/rows/rows.ts";
import { type ComponentRow, type MapMember, mapMembers } from "../shared/experiments/documents.ts";
import type { JobComponent } from "../shared/experiments/tracked.ts";
import { type Noun, toSeconds } from "../shared/noun.ts";

/** A component with what its job tells, when it is of one. */
export interface Seen {
  readonly row: ComponentRow;
  readonly job?: { readonly row: Row<unknown>; readonly component: JobComponent };
}

/** Components with their jobs, in the order given. */
export async function look(
  rows: Rows,
  nouns: Iterable<Noun>,
  found: readonly ComponentRow[],
): Promise<readonly Seen[]> {
  const tracked = new Map([...nouns].flatMap(({ tracked: jobs }) => (jobs ? [[jobs.kind, jobs] as const] : [])));
  return Promise.all(
    found.map(async (row): Promise<Seen> => {
      const key = row.document.job?.key;
      const jobs = key && tracked.get(key.kind);
      const job = key && jobs && (await rows.get(key));
      return job ? { row, job: { row: job, component: jobs.component(job) } } : { row };
    }),
  );
}

type Entries = Readonly<Record<string, TrialComponentParameterValue | TrialComponentArtifact>>;

/** Parameters or artifacts: the job's without those removed, and those that somebody added. */
export function entriesOf({ row, job }: Seen, member: MapMember): Entries {
  const { told, removed } = row.document;
  const gone = new Set(removed?.[member] ?? []);
  const derived = Object.entries(job?.component[member] ?? {}).filter(([name]) => !gone.has(name));
  return { ...Object.fromEntries(derived), ...told[member] };
}

/** A component as ListTrialComponents shows it. */
export function summarize({ row, job }: Seen): TrialComponentSummary {
  const { document, createdAt, modifiedAt } = row;
  const { name, arn, displayName, told, createdBy, modifiedBy = createdBy } = document;
  const status = told.Status ?? job?.component.Status;
  const start = told.StartTime ?? job?.component.StartTime;
  const end = told.EndTime ?? job?.component.EndTime;
  return {
    TrialComponentName: name,
    TrialComponentArn: arn,
    DisplayName: displayName,
    ...(document.job ? { TrialComponentSource: document.job.source } : {}),
    ...(status ? { Status: status } : {}),
    ...(start === undefined ? {} : { StartTime: start }),
    ...(end === undefined ? {} : { EndTime: end }),
    CreationTime: toSeconds(createdAt),
    CreatedBy: createdBy,
    LastModifiedTime: toSeconds(Math.max(modifiedAt, job?.row.modifiedAt ?? 0)),
    LastModifiedBy: modifiedBy,
  };
}

/** A component as DescribeTrialComponent shows it, without its metrics. */
export function describe(seen: Seen): DescribeTrialComponentResponse {
  const { TrialComponentSource: Source, ...summary } = summarize(seen);
  const { metadata } = seen.row.document;
  // Without entries too: the SDK's analytics walk through them whatever there is.
  const maps = mapMembers.map((member) => [member, entriesOf(seen, member)] as const);
  return {
    ...summary,
    ...(Source ? { Source } : {}),
    ...Object.fromEntries(maps),
    ...(metadata ? { MetadataProperties: metadata } : {}),
  };
}

/** The job itself, as Search shows it. */
export const detailOf = ({ row, job }: Seen): TrialComponentSourceDetail | undefined =>
  job && { SourceArn: row.document.job?.source.SourceArn, ...job.component.detail };
