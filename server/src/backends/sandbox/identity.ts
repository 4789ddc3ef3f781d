// The user namespace that all units of one server share, and which ids of this machine stand behind those inside it.
// user_namespaces(7), newuidmap(1). As root a range of ids that belong to nobody; else the user's own id.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { onPath, run } from "./processes.ts";

/** Inside, ids count from 0. `outside` is the id on this machine of user 0 inside. */
export interface Identity {
  readonly kind: "root range" | "subordinate range" | "one id";
  readonly outside: number;
  readonly count: number;
  /** Options of nsenter that make the entering process user 0 of the namespace. */
  readonly enterOptions: readonly string[];
  /** Shell command, run in a unit's folder as user 0 of the namespace, that makes what the unit wrote readable to the server. */
  readonly takeBack: string;
}

const rangeStart = 100_000;
const rangeCount = 65_536;

export function findIdentity(): Identity {
  const user = process.getuid?.() ?? 0;
  if (user === 0) {
    const enterOptions = ["-S", "0", "-G", "0"];
    return { kind: "root range", outside: rangeStart, count: rangeCount, enterOptions, takeBack: "" };
  }
  const ranged = onPath("newuidmap") && onPath("newgidmap") && subordinate("/etc/subuid") && subordinate("/etc/subgid");
  return {
    kind: ranged ? "subordinate range" : "one id",
    outside: user,
    count: ranged ? rangeCount : 1,
    enterOptions: ranged ? ["-S", "0", "-G", "0"] : ["--preserve-credentials"],
    takeBack: `${ranged ? "chown -R -h 0:0 ml tmp layer; " : ""}chmod -R u+rwX ml tmp layer`,
  };
}

/** First id of the range that the file grants to this user. */
function subordinate(file: string): number | undefined {
  let lines: string[];
  let user: { readonly username: string; readonly uid: number };
  try {
    user = userInfo();
    lines = readFileSync(file, "utf8").split("\n");
  } catch {
    return undefined; // a user without a name, to whom newuidmap lends nothing, or no ranges granted on this machine
  }
  for (const line of lines) {
    const [owner, start, count] = line.split(":");
    if ((owner === user.username || owner === String(user.uid)) && Number(count) >= rangeCount - 1)
      return Number(start);
  }
  return undefined;
}

/**
 * Makes the user namespace; it lives as long as the returned descriptor or a process inside.
 * @throws Error in words for people when this machine does not let us.
 */
export async function makeUserNamespace(identity: Identity): Promise<number> {
  const holder = spawn("unshare", ["--user", "cat"], { stdio: ["pipe", "pipe", "pipe"] });
  try {
    await answered(holder);
    const pid = String(holder.pid);
    if (identity.kind === "root range") {
      const map = `0 ${identity.outside} ${identity.count}`;
      writeFileSync(`/proc/${pid}/uid_map`, map);
      writeFileSync(`/proc/${pid}/gid_map`, map);
    } else if (identity.kind === "subordinate range") {
      const more = (file: string) => ["1", String(subordinate(file)), String(identity.count - 1)];
      await run("newuidmap", [pid, "0", String(identity.outside), "1", ...more("/etc/subuid")]);
      await run("newgidmap", [pid, "0", String(process.getgid?.() ?? 0), "1", ...more("/etc/subgid")]);
    } else {
      writeFileSync(`/proc/${pid}/setgroups`, "deny");
      writeFileSync(`/proc/${pid}/uid_map`, `0 ${identity.outside} 1`);
      writeFileSync(`/proc/${pid}/gid_map`, `0 ${process.getgid?.() ?? 0} 1`);
    }
    return openSync(`/proc/${pid}/ns/user`, "r");
  } finally {
    holder.kill("SIGKILL");
  }
}

/**
 * Makes a user namespace below that of units, with the same ids, that belongs to one of its users: who is this user may
 * then make a sandbox in it. It lives as long as the returned descriptor or a process inside.
 */
export async function makeNamespaceOf(uid: number, user: number, identity: Identity): Promise<number> {
  const enter = ["--user=/proc/self/fd/3"];
  const holder = spawn("nsenter", [...enter, "-S", String(uid), "-G", "0", "--", "unshare", "--user", "cat"], {
    stdio: ["pipe", "pipe", "pipe", user],
  });
  try {
    await answered(holder);
    const pid = String(holder.pid);
    // In two pieces, as the namespace above may have them; the kernel takes a map in a single write.
    const map = `printf '0 0 1\\n1 1 ${identity.count - 1}\\n'`;
    const write = `${map} >/proc/${pid}/uid_map && ${map} >/proc/${pid}/gid_map`;
    const inside = [`--user=/proc/${process.pid}/fd/${user}`, ...identity.enterOptions];
    await run("nsenter", [...inside, "--", "sh", "-c", write]);
    return openSync(`/proc/${pid}/ns/user`, "r");
  } finally {
    holder.kill("SIGKILL");
  }
}

/** Makes all files of a unit's folder this process's own again, whatever the unit did to them. */
export async function takeBack(user: number, identity: Identity, folder: string): Promise<void> {
  if (!identity.takeBack) return;
  const enter = [`--user=/proc/${process.pid}/fd/${user}`, `--wd=${folder}`, ...identity.enterOptions];
  await run("nsenter", [...enter, "--", "sh", "-c", identity.takeBack]);
}

/** Waits until the holder runs in its namespace: its `cat` gives back what it is given. */
async function answered(holder: ChildProcess): Promise<void> {
  const complaint: Buffer[] = [];
  holder.stderr?.on("data", (part: Buffer) => complaint.push(part));
  holder.stdin?.write("\n");
  const ended = once(holder, "close").then(([code]) => {
    const text = Buffer.concat(complaint).toString().trim();
    throw new Error(`No user namespace could be made: ${text || `unshare ended with ${code}`}.`);
  });
  if (holder.stdout) await Promise.race([once(holder.stdout, "data"), ended]);
  ended.catch(() => undefined); // the holder is killed when it has served
}
