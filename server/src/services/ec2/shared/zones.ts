// Zones by their ids, which are the same in every account.

/** `us-east-1a` has the id `us-east-1-az1`. */
export const zoneId = (zone: string): string =>
  `${zone.slice(0, -1)}-az${zone.charCodeAt(zone.length - 1) - "a".charCodeAt(0) + 1}`;
