// Who may run next. Jobs hold CPU slots: first in first out within an account, accounts with less in use first, and
// backfill behind a reservation (EASY: Lifka, 1995): what comes first is never delayed by what is let past it.
// Services hold memory only. Pure functions; the engine keeps the lists.

/** What a group of units needs together to start. */
export interface Claim {
  readonly id: string;
  readonly account: string;
  readonly cpus: number;
  /** Longest it can take once started; undefined when nothing ends it. */
  readonly longestMs?: number | undefined;
}

export interface HeldClaim extends Claim {
  /** Milliseconds since 1970. */
  readonly since: number;
}

export interface Slots {
  readonly cpus: number;
  readonly held: readonly HeldClaim[];
  /** In the order they were asked for. */
  readonly waiting: readonly Claim[];
  readonly now: number;
}

const sum = (claims: readonly Claim[]): number => claims.reduce((total, { cpus }) => total + cpus, 0);

/** Claims that may start now, in the order to start them. A claim larger than the machine is taken as the machine. */
export function admit(slots: Slots): readonly Claim[] {
  let free = slots.cpus - sum(slots.held);
  const admitted: Claim[] = [];
  if (free <= 0) return admitted;
  const order = inOrder(slots);
  let at = 0;
  for (let claim = order[at]; claim && needed(claim, slots) <= free; claim = order[++at]) {
    admitted.push(claim);
    free -= needed(claim, slots);
  }
  const first = order[at];
  if (!first || free <= 0) return admitted;
  const held = [...slots.held, ...admitted.map((claim) => ({ ...claim, since: slots.now }))];
  const reserved = reservation(needed(first, slots), free, held);
  for (const claim of order.slice(at + 1)) {
    const cpus = needed(claim, slots);
    if (cpus > free) continue;
    const isOverInTime = claim.longestMs !== undefined && slots.now + claim.longestMs <= reserved.at;
    if (!isOverInTime && cpus > reserved.spare) continue;
    if (!isOverInTime) reserved.spare -= cpus;
    admitted.push(claim);
    free -= cpus;
    if (free <= 0) break;
  }
  return admitted;
}

const needed = (claim: Claim, slots: Slots): number => Math.min(claim.cpus, slots.cpus);

/** When the claim can start at the latest, and how many slots are over even then. */
function reservation(cpus: number, free: number, held: readonly HeldClaim[]): { readonly at: number; spare: number } {
  const ending = held
    .map((claim) => ({ cpus: claim.cpus, at: claim.since + (claim.longestMs ?? Number.POSITIVE_INFINITY) }))
    .sort((left, right) => left.at - right.at);
  let available = free;
  for (const end of ending) {
    available += end.cpus;
    if (available >= cpus) return { at: end.at, spare: available - cpus };
  }
  return { at: Number.POSITIVE_INFINITY, spare: 0 };
}

/** First come first served within an account; between accounts the one that holds less goes first. */
function inOrder({ held, waiting }: Slots): readonly Claim[] {
  if (waiting.every(({ account }) => account === waiting[0]?.account)) return waiting;
  const use = new Map<string, number>();
  for (const claim of held) use.set(claim.account, (use.get(claim.account) ?? 0) + claim.cpus);
  const queues = Map.groupBy(waiting, ({ account }) => account);
  const next = new Map([...queues.keys()].map((account) => [account, 0]));
  const order: Claim[] = [];
  while (order.length < waiting.length) {
    let chosen: string | undefined;
    for (const [account, at] of next) {
      if (at >= (queues.get(account)?.length ?? 0)) continue;
      if (chosen === undefined || (use.get(account) ?? 0) < (use.get(chosen) ?? 0)) chosen = account;
    }
    const claim = chosen === undefined ? undefined : queues.get(chosen)?.[next.get(chosen) ?? 0];
    if (chosen === undefined || !claim) break;
    next.set(chosen, (next.get(chosen) ?? 0) + 1);
    use.set(chosen, (use.get(chosen) ?? 0) + claim.cpus);
    order.push(claim);
  }
  return order;
}

/** Why a claim waits, for the job's secondary status message. `ahead`: claims asked for before it. */
export function waitingText(claim: Claim, cpus: number, held: readonly HeldClaim[], ahead: number): string {
  const queue = ahead === 0 ? "it is next" : ahead === 1 ? "1 job is ahead of it" : `${ahead} jobs are ahead of it`;
  const wanted = Math.min(claim.cpus, cpus);
  return `Waiting for ${wanted} CPU${wanted === 1 ? "" : "s"}: ${sum(held)} of ${cpus} are in use, ${queue}.`;
}

/** Memory that one unit of a service is sure to get when instances may be cut down to the machine. */
export const SERVICE_FLOOR_BYTES = 512 * 2 ** 20;

/**
 * Bytes that a service's unit holds: all of its type when `strict`, else a floor, since an instance type says how much a
 * model may use, not how much it does. @returns the reason when that much is not left
 */
export function holdMemory(request: {
  readonly typeBytes: number;
  readonly machineBytes: number;
  readonly heldBytes: number;
  readonly strict: boolean;
}): { readonly bytes: number } | { readonly refusal: string } {
  const bytes = request.strict ? request.typeBytes : Math.min(request.typeBytes, SERVICE_FLOOR_BYTES);
  const left = request.machineBytes - request.heldBytes;
  if (bytes <= left) return { bytes };
  const mib = (value: number) => `${Math.max(0, Math.floor(value / 2 ** 20))} MiB`;
  return {
    refusal: `The instance needs ${mib(bytes)} of memory, ${mib(left)} of ${mib(request.machineBytes)} are left.`,
  };
}
