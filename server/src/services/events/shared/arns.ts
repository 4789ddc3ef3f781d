// ARNs and names of buses, rules, connections and destinations.
import { noBus, validation } from "../errors.ts";
import { type Bus, DEFAULT_BUS, type Place } from "./place.ts";

const arn = ({ account, region }: Place, resource: string) => `arn:aws:events:${region}:${account}:${resource}`;

export const busArn = (bus: Bus): string => arn(bus, `event-bus/${bus.bus}`);
/** On the default bus the bus is left out. */
export const ruleArn = (bus: Bus, rule: string): string =>
  arn(bus, bus.bus === DEFAULT_BUS ? `rule/${rule}` : `rule/${bus.bus}/${rule}`);
export const connectionArn = (place: Place, name: string, id: string): string => arn(place, `connection/${name}/${id}`);
export const destinationArn = (place: Place, name: string, id: string): string =>
  arn(place, `api-destination/${name}/${id}`);

/** The bus that a request names, by name or by ARN; the default one when it names none. @throws ApiError ValidationException */
export function readBus(place: Place, given: string | undefined): Bus {
  if (given === undefined) return { account: place.account, region: place.region, bus: DEFAULT_BUS };
  if (!given.startsWith("arn:")) return { account: place.account, region: place.region, bus: given };
  const [, , service, region = "", account = "", ...rest] = given.split(":");
  const bus = /^event-bus\/(.+)$/.exec(rest.join(":"))?.[1];
  if (service !== "events" || bus === undefined) throw validation("Parameter EventBusName is not valid.");
  if (region !== place.region) throw validation(`Event bus ${given} is in another region than the request.`);
  return { account, region, bus };
}

/** As `readBus`, a bus of the caller's account. @throws ApiError ResourceNotFound, ValidationException */
export function readOwnBus(place: Place, given: string | undefined): Bus {
  const bus = readBus(place, given);
  if (bus.account !== place.account) throw noBus(bus.bus);
  return bus;
}
