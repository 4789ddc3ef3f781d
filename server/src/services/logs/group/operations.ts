// Log groups and their retention. Answers as recorded in LocalStack's tests/aws/services/logs/test_logs.snapshot.json
// and in the tests of moto's tests/test_logs/test_logs.py that were verified against AWS.
// Gap: storedBytes of a group is not told; no KMS keys, classes other than STANDARD, or deletion protection.
import type { Operations as Contract, LogGroup } from "../../../../../contract/logs/types.ts";
import type { Operations } from "../../../core/service.ts";
import { Conflict } from "../../../store/rows/rows.ts";
import { invalidParameter, noGroup, resourceExists } from "../errors.ts";
import {
  changeSettings,
  GROUP,
  type GroupSettings,
  groupArn,
  groupKey,
  groupRow,
  hasGroup,
  onGroup,
  type Parts,
  type Place,
  scopeOf,
} from "../shared/groups.ts";
import { isText, readToken, writeToken } from "../shared/tokens.ts";

const DEFAULT_PAGE = 50;
/** Days that a retention may have (Logs API reference, PutRetentionPolicy). */
const RETENTIONS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

export const group = (parts: Parts): Operations<Contract> => ({
  CreateLogGroup: {
    permissions: (input, call) => {
      const tags = Object.entries(input.tags ?? {});
      const conditions = Object.fromEntries(tags.map(([key, value]) => [`aws:RequestTag/${key}`, value]));
      return onGroup(call, input.logGroupName).map((permission) => ({
        ...permission,
        conditions: tags.length === 0 ? {} : { ...conditions, "aws:TagKeys": tags.map(([key]) => key) },
      }));
    },
    async run(input, call) {
      refuseUnbuilt(input);
      if (await hasGroup(parts, call, input.logGroupName)) throw groupExists();
      const key = groupKey(call, input.logGroupName);
      const document: GroupSettings = { tags: input.tags ?? {} };
      const row = { ...key, status: "Active", createdAt: call.at, modifiedAt: call.at, document };
      try {
        await parts.rows.commit({ expect: [{ key, version: "absent" }], put: [row] });
      } catch (cause) {
        throw cause instanceof Conflict ? groupExists() : cause;
      }
      return {};
    },
  },
  DeleteLogGroup: {
    permissions: (input, call) => onGroup(call, input.logGroupName),
    async run({ logGroupName }, call) {
      const { account, region } = call;
      if (!(await hasGroup(parts, call, logGroupName))) throw noGroup();
      const place = { account, region, group: logGroupName };
      for (const { stream } of await parts.series.logStreams(place, "")) {
        await parts.series.deleteLogStream({ ...place, stream });
      }
      await parts.rows.commit({ remove: [groupKey(call, logGroupName)] });
      return {};
    },
  },
  DescribeLogGroups: {
    permissions: (_input, call) => onGroup(call, ""),
    async run(input, call) {
      if (input.logGroupNamePrefix !== undefined && input.logGroupNamePattern !== undefined) {
        throw invalidParameter("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
      }
      const after = readToken("groups", input.nextToken, isText);
      const limit = input.limit ?? DEFAULT_PAGE;
      const wanted = isWanted(input);
      const all = (await everyGroup(parts, call, input.logGroupNamePrefix ?? "")).filter(
        ({ name }) => wanted(name) && (after === undefined || name > after),
      );
      const page = all.slice(0, limit);
      const last = page.at(-1)?.name;
      return {
        logGroups: page.map((found) => answer(call, found)),
        ...(all.length > page.length ? { nextToken: writeToken("groups", last) } : {}),
      };
    },
  },
  PutRetentionPolicy: {
    permissions: (input, call) => onGroup(call, input.logGroupName),
    async run({ logGroupName, retentionInDays }, call) {
      if (!RETENTIONS.includes(retentionInDays)) {
        throw invalidParameter(
          `1 validation error detected: Value '${retentionInDays}' at 'retentionInDays' failed to satisfy constraint: ` +
            `Member must satisfy enum value set: [${RETENTIONS.join(", ")}]`,
        );
      }
      await changeSettings(parts, call, logGroupName, (old) => ({ ...old, retentionDays: retentionInDays }));
      return {};
    },
  },
  DeleteRetentionPolicy: {
    permissions: (input, call) => onGroup(call, input.logGroupName),
    async run({ logGroupName }, call) {
      if (!(await groupRow(parts, call, logGroupName)) && !(await hasGroup(parts, call, logGroupName))) throw noGroup();
      await changeSettings(parts, call, logGroupName, ({ tags }) => ({ tags }));
      return {};
    },
  },
});

const groupExists = () => resourceExists("The specified log group already exists");

function refuseUnbuilt(input: {
  readonly kmsKeyId?: string | undefined;
  readonly logGroupClass?: string | undefined;
  readonly deletionProtectionEnabled?: boolean | undefined;
}): void {
  const asked = {
    kmsKeyId: input.kmsKeyId !== undefined,
    logGroupClass: input.logGroupClass !== undefined && input.logGroupClass !== "STANDARD",
    deletionProtectionEnabled: input.deletionProtectionEnabled === true,
  };
  const found = Object.entries(asked).find(([, isAsked]) => isAsked);
  if (found) throw invalidParameter(`${found[0]} is not yet available in Sagebrush: leave it out.`);
}

interface FoundGroup {
  readonly name: string;
  readonly createdAt: number;
  readonly retentionDays: number | undefined;
}

function isWanted(input: {
  readonly logGroupNamePattern?: string | undefined;
  readonly logGroupIdentifiers?: readonly string[] | undefined;
  readonly logGroupClass?: string | undefined;
}): (name: string) => boolean {
  const part = input.logGroupNamePattern?.toLowerCase();
  const named = input.logGroupIdentifiers?.map((id) => (id.startsWith("arn:") ? id.split(":").slice(6).join(":") : id));
  return (name) =>
    (part === undefined || name.toLowerCase().includes(part)) &&
    (named === undefined || named.includes(name)) &&
    (input.logGroupClass === undefined || input.logGroupClass === "STANDARD");
}

const BATCH = 500;

/** Groups with a row and groups with lines, by name. */
async function everyGroup(parts: Parts, place: Place, prefix: string): Promise<FoundGroup[]> {
  const { account, region } = place;
  const found = new Map<string, FoundGroup>();
  for (const { group: name, createdAt } of await parts.series.logGroups({ account, region }, prefix)) {
    found.set(name, { name, createdAt, retentionDays: undefined });
  }
  let after: string | undefined;
  for (let isMore = true; isMore; ) {
    const rows = await parts.rows.scan<GroupSettings>({
      kind: GROUP,
      scope: scopeOf(place),
      prefix,
      after,
      limit: BATCH,
    });
    for (const { name, createdAt, document } of rows) {
      found.set(name, { name, createdAt, retentionDays: document.retentionDays });
    }
    after = rows.at(-1)?.name;
    isMore = rows.length === BATCH;
  }
  return [...found.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
}

const answer = (place: Place, { name, createdAt, retentionDays }: FoundGroup): LogGroup => ({
  logGroupName: name,
  creationTime: createdAt,
  ...(retentionDays === undefined ? {} : { retentionInDays: retentionDays }),
  metricFilterCount: 0,
  arn: `${groupArn(place, name)}:*`,
  logGroupClass: "STANDARD",
  logGroupArn: groupArn(place, name),
});
