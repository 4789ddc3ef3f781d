// Long work for one instance: its model, the requests it still has under way, and what it said last.
import type { Objects } from "../../../core/ports.ts";
import type { Activity, ActivityContext } from "../../../engine/job-kind.ts";
import type { LogStreamKey, Series } from "../../../store/series/series.ts";
import type { EndpointRoutes } from "../port.ts";
import { fillModelFolder } from "../shared/model-files.ts";
import { type EndpointDocument, findInstance, logOf } from "./document.ts";

/** Lines of a container's log that go into a failure reason. */
const LAST_LINES = 5;

type Work = ActivityContext<EndpointDocument>;

export function endpointActivities(parts: {
  readonly objects: Objects;
  readonly series: Series;
  readonly routes: EndpointRoutes;
}): Readonly<Record<string, Activity<EndpointDocument>>> {
  return {
    fetch: async (work) => {
      const { container } = need(work).variant;
      // There from the start, whatever the container prints: who looks for the log of an instance finds it.
      await parts.series.createLogStream(logKey(work));
      await fillModelFolder(parts.objects, work, {
        url: container.modelDataUrl,
        roleArn: container.roleArn ?? "",
        unitId: work.of ?? "",
      });
    },
    drain: (work) => parts.routes.idle(work.of ?? "", work.signal),
    lastWords: async (work) => {
      const key = logKey(work);
      const lines = await parts.series.readLogs(key, { from: Infinity, backwards: true, limit: LAST_LINES });
      if (lines.length === 0) return ` Its log is empty (${key.group}, ${key.stream}).`;
      const text = lines.map(({ message }) => message).reverse();
      return ` Its log ends (${key.group}, ${key.stream}): ${text.join("\n")}`;
    },
  };
}

function logKey(work: Work): LogStreamKey {
  const { account, region, row } = work;
  const { variant, instance } = need(work);
  const { group, stream } = logOf(row.name, variant.name, instance.id);
  return { account, region, group, stream };
}

function need(work: Work) {
  const found = findInstance(work.row.document, work.of ?? "");
  if (!found) throw new Error(`Endpoint ${work.row.name} has no instance ${work.of}.`);
  return found;
}
