// Where things of EventBridge are: an account, a region, a bus.

export interface Place {
  readonly account: string;
  readonly region: string;
}

/** An event bus, by where it is and its name. */
export interface Bus extends Place {
  readonly bus: string;
}

export const DEFAULT_BUS = "default";

export const scopeOf = ({ account, region }: Place): string => `${account}/${region}`;
/** What names of rules are unique in. */
export const busScope = (bus: Bus): string => `${scopeOf(bus)}/${bus.bus}`;

export function busOf(scope: string): Bus {
  const [account = "", region = "", ...bus] = scope.split("/");
  return { account, region, bus: bus.join("/") };
}
