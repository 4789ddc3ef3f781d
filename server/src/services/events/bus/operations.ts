// Event buses: the account's default one, and others by name.
// Gap: buses of partners (EventSourceName) are refused.
// Gap: KmsKeyIdentifier and LogConfig are refused, and so is DeadLetterConfig, which names a queue of SQS.
import type { Operations as Contract } from "../../../../../contract/events/types.ts";
import type { Call } from "../../../core/call.ts";
import { cutPage } from "../../../core/pages.ts";
import { tagConditions } from "../../../core/request-tags.ts";
import type { Operations } from "../../../core/service.ts";
import { Conflict } from "../../../store/rows/rows.ts";
import { alreadyExists, notYet, validation } from "../errors.ts";
import { onBus } from "../shared/access.ts";
import { busArn, readBus, readOwnBus } from "../shared/arns.ts";
import { BUS, type BusDocument, type BusRow, busKey, changeBus, findBus, requireBus } from "../shared/buses.ts";
import { afterOf } from "../shared/paging.ts";
import type { Parts } from "../shared/parts.ts";
import { type Bus, busScope, DEFAULT_BUS, scopeOf } from "../shared/place.ts";
import { RULE } from "../shared/rule-rows.ts";
import { withTags } from "../shared/tags.ts";

const PAGE = 100;

export const bus = (parts: Parts): Operations<Contract> => ({
  CreateEventBus: {
    permissions: async (input, call) => [
      await onBus(parts, call, readBus(call, input.Name), tagConditions(input.Tags ?? [])),
    ],
    async run(input, call) {
      const { Name, EventSourceName, Description, Tags } = input;
      if (EventSourceName !== undefined || Name.includes("/")) throw notYet("An event bus of a partner");
      refuseUnbuilt(input);
      if (Name === DEFAULT_BUS) throw alreadyExists(`Event bus ${Name} already exists.`);
      const made: Bus = { account: call.account, region: call.region, bus: Name };
      const key = busKey(made);
      const document: BusDocument = { description: Description, tags: withTags({}, Tags ?? []) };
      const put = [{ ...key, status: "Active", createdAt: call.at, modifiedAt: call.at, document }];
      try {
        await parts.rows.commit({ expect: [{ key, version: "absent" }], put, events: [{ ...key, type: "created" }] });
      } catch (cause) {
        if (!(cause instanceof Conflict)) throw cause;
        throw alreadyExists(`Event bus ${Name} already exists.`);
      }
      return { EventBusArn: busArn(made), ...(Description === undefined ? {} : { Description }) };
    },
  },
  UpdateEventBus: {
    permissions: async (input, call) => [await onBus(parts, call, readOwnBus(call, input.Name))],
    async run(input, call) {
      refuseUnbuilt(input);
      const named = readOwnBus(call, input.Name);
      const description = input.Description;
      await changeBus(parts, call, named, (document) => ({ ...document, description }));
      return {
        Arn: busArn(named),
        Name: named.bus,
        ...(description === undefined ? {} : { Description: description }),
      };
    },
  },
  DeleteEventBus: {
    permissions: async (input, call) => [await onBus(parts, call, readOwnBus(call, input.Name))],
    async run({ Name }, call) {
      const named = readOwnBus(call, Name);
      if (named.bus === DEFAULT_BUS) throw validation(`Cannot delete event bus ${DEFAULT_BUS}.`);
      const rules = await parts.rows.scan({ kind: RULE, scope: busScope(named), limit: 1 });
      if (rules.length > 0) throw validation(`Event bus ${named.bus} cannot be deleted since it has rules.`);
      const key = busKey(named);
      await parts.rows.commit({ remove: [key], events: [{ ...key, type: "deleted" }] });
      return {};
    },
  },
  DescribeEventBus: {
    permissions: async (input, call) => [await onBus(parts, call, readBus(call, input.Name))],
    async run({ Name }, call) {
      const named = readBus(call, Name);
      const row = await requireBus(parts, named);
      const { policy } = row.document;
      return { ...shown(named, row), ...(policy === undefined ? {} : { Policy: policy }) };
    },
  },
  ListEventBuses: {
    async run({ NamePrefix: prefix, NextToken, Limit: limit = PAGE }, call) {
      const after = afterOf(NextToken);
      const scope = scopeOf(call);
      const found = await parts.rows.scan<BusDocument>({ kind: BUS, scope, prefix, after, limit: limit + 1 });
      const standing = await defaultBus(parts, call, { prefix, after });
      const all = [...standing, ...found.filter(({ name }) => name !== DEFAULT_BUS)].sort(byName).slice(0, limit + 1);
      const { items, next } = cutPage(all, ({ name }) => name, limit);
      const { account, region } = call;
      return {
        EventBuses: items.map((row) => {
          const { policy } = row.document;
          return {
            ...shown({ account, region, bus: row.name }, row),
            ...(policy === undefined ? {} : { Policy: policy }),
          };
        }),
        ...(next && { NextToken: next }),
      };
    },
  },
});

const byName = (one: BusRow, other: BusRow): number => (one.name < other.name ? -1 : 1);

/** The default bus as a list shows it, also without a row of its own. */
async function defaultBus(
  parts: Parts,
  { account, region }: Call,
  { prefix = "", after = "" }: { readonly prefix?: string | undefined; readonly after?: string | undefined },
): Promise<readonly BusRow[]> {
  if (!DEFAULT_BUS.startsWith(prefix) || after >= DEFAULT_BUS) return [];
  const row = await findBus(parts, { account, region, bus: DEFAULT_BUS });
  return row ? [row] : [];
}

function refuseUnbuilt(input: {
  readonly KmsKeyIdentifier?: unknown;
  readonly LogConfig?: unknown;
  readonly DeadLetterConfig?: { readonly Arn?: string | undefined } | undefined;
}): void {
  if (input.KmsKeyIdentifier !== undefined) throw notYet("KmsKeyIdentifier");
  if (input.LogConfig !== undefined) throw notYet("LogConfig");
  if (input.DeadLetterConfig?.Arn !== undefined) throw notYet("A queue of SQS as DeadLetterConfig");
}

const shown = (bus: Bus, { createdAt, modifiedAt, document }: BusRow) => ({
  Arn: busArn(bus),
  Name: bus.bus,
  ...(document.description === undefined ? {} : { Description: document.description }),
  // Of a default bus that nobody has set anything on there are no times.
  ...(createdAt === 0 ? {} : { CreationTime: createdAt / 1000, LastModifiedTime: modifiedAt / 1000 }),
});
