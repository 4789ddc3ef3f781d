// Event buses as rows. Every account has a default one in each region, whose row is made when something is set on it.
import type { Call } from "../../../core/call.ts";
import { again } from "../../../store/rows/again.ts";
import type { Row } from "../../../store/rows/rows.ts";
import { noBus } from "../errors.ts";
import type { Parts } from "./parts.ts";
import { type Bus, DEFAULT_BUS, scopeOf } from "./place.ts";

export interface BusDocument {
  readonly description?: string | undefined;
  /** JSON text of its resource policy. */
  readonly policy?: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

export const BUS = "events:bus";
export const busKey = (bus: Bus) => ({ kind: BUS, scope: scopeOf(bus), name: bus.bus });

export type BusRow = Omit<Row<BusDocument>, "version"> & { readonly version?: number };

/** The bus's row, or what stands for the default one's. */
export async function findBus({ rows }: Parts, bus: Bus): Promise<BusRow | undefined> {
  const row = await rows.get<BusDocument>(busKey(bus));
  if (row !== undefined || bus.bus !== DEFAULT_BUS) return row;
  return { ...busKey(bus), status: "Active", createdAt: 0, modifiedAt: 0, document: { tags: {} } };
}

/** @throws ApiError ResourceNotFound */
export async function requireBus(parts: Parts, bus: Bus): Promise<BusRow> {
  const row = await findBus(parts, bus);
  if (row === undefined) throw noBus(bus.bus);
  return row;
}

/** Changes a bus as a whole, also while others change it. @throws ApiError ResourceNotFound, and what `change` throws */
export async function changeBus(
  parts: Parts,
  call: Call,
  bus: Bus,
  change: (document: BusDocument) => BusDocument,
): Promise<void> {
  await again(async () => {
    const { version = "absent", ...kept } = await requireBus(parts, bus);
    const createdAt = kept.createdAt === 0 ? call.at : kept.createdAt;
    const put = [{ ...kept, createdAt, modifiedAt: call.at, document: change(kept.document) }];
    await parts.rows.commit({ expect: [{ key: busKey(bus), version }], put });
  });
}
