// API destinations as rows: an address, a method and the connection it is authorized by.
import type { ApiDestinationHttpMethod } from "../../../../../contract/events/types.ts";
import type { Row } from "../../../store/rows/rows.ts";
import { notFound } from "../errors.ts";
import type { Parts } from "./parts.ts";
import { type Place, scopeOf } from "./place.ts";

export interface DestinationDocument {
  /** Last part of its ARN. */
  readonly id: string;
  readonly description?: string | undefined;
  readonly connectionArn: string;
  readonly endpoint: string;
  readonly method: ApiDestinationHttpMethod;
  readonly perSecond: number;
}

export type DestinationRow = Row<DestinationDocument>;

export const DESTINATION = "events:api-destination";
export const destinationKey = (place: Place, name: string) => ({ kind: DESTINATION, scope: scopeOf(place), name });

export const findDestination = ({ rows }: Parts, place: Place, name: string): Promise<DestinationRow | undefined> =>
  rows.get<DestinationDocument>(destinationKey(place, name));

/** @throws ApiError ResourceNotFound */
export async function requireDestination(parts: Parts, place: Place, name: string): Promise<DestinationRow> {
  const row = await findDestination(parts, place, name);
  if (row === undefined) {
    throw notFound(`Failed to describe the api-destination(s). An api-destination '${name}' does not exist.`);
  }
  return row;
}

/** Name and id in the ARN of a connection or a destination. */
export function namedIn(arn: string): { readonly name: string; readonly id: string } {
  const [, name = "", id = ""] = (arn.split(":")[5] ?? "").split("/");
  return { name, id };
}
