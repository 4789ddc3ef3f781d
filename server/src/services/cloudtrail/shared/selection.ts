// Which calls a trail takes: by region, by whether they read or change, by what they are about.
import type { EventSelector } from "../../../../../contract/cloudtrail/types.ts";
import type { CallRecord } from "../../../core/call-record.ts";
import { kindOf } from "./kinds.ts";
import { sourceOf } from "./sources.ts";
import type { TrailDocument } from "./trails.ts";

/** Services whose events belong to every region. */
const GLOBAL_SERVICES: ReadonlySet<string> = new Set(["iam", "sts"]);

/** `home`: region of the trail. */
export function isWanted(trail: TrailDocument, home: string, record: CallRecord): boolean {
  const isGlobal = GLOBAL_SERVICES.has(record.service);
  if (!trail.isMultiRegion && record.region !== home && !(isGlobal && trail.isGlobal)) return false;
  if (isGlobal && !trail.isGlobal) return false;
  return trail.selectors.some((selector) => selects(selector, record));
}

function selects(selector: EventSelector, record: CallRecord): boolean {
  const { ReadWriteType = "All", IncludeManagementEvents = true, DataResources = [] } = selector;
  const isRead = sourceOf(record.service).isRead(record.operation);
  if (ReadWriteType !== "All" && (ReadWriteType === "ReadOnly") !== isRead) return false;
  switch (kindOf(record)) {
    case "management": {
      const excluded = selector.ExcludeManagementEventSources ?? [];
      return IncludeManagementEvents && !excluded.includes(sourceOf(record.service).name);
    }
    case "data": {
      const arn = objectArn(record);
      return DataResources.some(
        ({ Type, Values = [] }) => Type === "AWS::S3::Object" && Values.some((start) => arn.startsWith(start)),
      );
    }
    case "none":
      return false;
  }
}

/** ARN of what a call on objects is about. */
function objectArn({ parameters }: CallRecord): string {
  const { Bucket = "", Key = "" } = (parameters ?? {}) as { readonly Bucket?: string; readonly Key?: string };
  return `arn:aws:s3:::${Bucket}/${Key}`;
}
