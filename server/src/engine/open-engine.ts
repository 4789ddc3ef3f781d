// Puts the engine together and runs it: what is stored is loaded, what runs is found again, orphans are ended, and from
// then on every commit, unit, activity and timer wakes its row.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { keptKey } from "../store/durable.ts";
import { FolderUnusable } from "../store/layout.ts";
import { createDiskCheck } from "./disk.ts";
import type { Engine, EngineParts } from "./engine.ts";
import type { JobKind } from "./job-kind.ts";
import { Platform } from "./platform.ts";
import { Reconciler } from "./reconciler.ts";
import { SessionCache } from "./role-sessions.ts";
import { SlotKeeper } from "./slots.ts";
import { openSteady } from "./steady.ts";
import { Units } from "./units.ts";

/** Grace for programs when the server stops; whoever stops it does not wait two minutes. */
const SHUTDOWN_GRACE_SECONDS = 5;

/** Bytes of a Unix socket's path. unix(7), sun_path less its closing zero */
const LONGEST_SOCKET_PATH = 107;

/** Entries of the change log read at once. */
const LOG_PAGE = 1000;

/** @throws FolderUnusable when the folder's path leaves no room for a socket */
export async function openEngine(parts: EngineParts): Promise<Engine> {
  const { rows, backend, clock, log, images } = parts;
  const socket = join(parts.folder, "platform.sock");
  if (Buffer.byteLength(socket) > LONGEST_SOCKET_PATH)
    throw new FolderUnusable(
      `The data folder's path is too long: a socket in it is ${socket}, ${Buffer.byteLength(socket)} bytes, and the system takes at most ${LONGEST_SOCKET_PATH}. Give a shorter one with --data.`,
    );
  await mkdir(parts.folder, { recursive: true, mode: 0o700 });
  const found = await backend.capacity();
  const machine = { ...found, cpus: Math.max(1, parts.cpus) };
  const sessions = new SessionCache(parts.roles, () => clock.now());
  const platform = new Platform({
    socket,
    secret: await keptKey(join(parts.folder, "secret")),
    session: async (id) => {
      const roleArn = units.get(id)?.wanted.roleArn;
      return roleArn === undefined ? undefined : sessions.session(roleArn);
    },
    api: parts.api,
  });
  const steady = await openSteady(parts.folder, () => clock.now());
  const slots = new SlotKeeper({ machine, strict: parts.strictCapacity, steady });
  const units = new Units({ ...parts, sessions, steady, slots, platform, machine, strict: parts.strictCapacity });
  const stop = new AbortController();
  let reconciler: Reconciler | undefined;

  return {
    waitingFor: (key) => reconciler?.waitingFor(key),
    steady,
    needDisk: createDiskCheck(parts.blobs, clock),
    lookAtImage: (uri, place) => images.look(uri, place),
    pinImage: (uri, place) => images.pin(uri, place),
    async start(kinds) {
      await platform.listen();
      await units.begin(stop.signal);
      const loop = new Reconciler(kinds, { ...parts, steady, units, sessions });
      reconciler = loop;
      const cursor = await rows.latestChange();
      await load(kinds, loop, parts);
      follow(loop, cursor, parts, stop.signal);
      await loop.idle();
      await units.endOrphans();
      log.debug("The engine runs.", { kinds: kinds.map(({ kind }) => kind), machine });
    },
    async close({ detach }) {
      stop.abort();
      await reconciler?.close();
      await units.close();
      if (!detach) await units.endAll(SHUTDOWN_GRACE_SECONDS);
      await platform.close();
    },
  };
}

/** Wakes every row that is not settled. */
async function load(kinds: readonly JobKind<unknown>[], loop: Reconciler, { rows }: EngineParts): Promise<void> {
  for (const { kind, settled } of kinds) for await (const row of rows.everywhere(kind, settled)) loop.wake(row, true);
}

/** Wakes the rows that commits name. */
function follow(loop: Reconciler, from: number, { rows, log }: EngineParts, signal: AbortSignal): void {
  let cursor = from;
  let isReading = false;
  let isDue = false;
  const read = async () => {
    while (isDue && !signal.aborted) {
      isDue = false;
      const entries = await rows.changes(cursor, LOG_PAGE);
      for (const entry of entries) loop.wake(entry);
      cursor = entries.at(-1)?.id ?? cursor;
      if (entries.length === LOG_PAGE) isDue = true;
    }
  };
  const changed = () => {
    isDue = true;
    if (isReading) return;
    isReading = true;
    const done = () => {
      isReading = false;
      if (isDue && !signal.aborted) changed();
    };
    const failed = (cause: unknown) => {
      log.error("The change log could not be read; it is tried again at the next change.", { cause });
      isReading = false;
    };
    read().then(done, failed);
  };
  rows.watch(changed, signal);
  changed();
}
