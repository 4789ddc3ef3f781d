// The few system calls that Node has no function for, through node:ffi of the pinned Node.
import { dlopen } from "node:ffi";
import { closeSync, openSync } from "node:fs";

const { functions: libc } = dlopen("libc.so.6", {
  flock: { return: "i32", arguments: ["i32", "i32"] },
  setns: { return: "i32", arguments: ["i32", "i32"] },
  socket: { return: "i32", arguments: ["i32", "i32", "i32"] },
  bind: { return: "i32", arguments: ["i32", "buffer", "u32"] },
  listen: { return: "i32", arguments: ["i32", "i32"] },
});

const lockShared = 1;
const lockNonBlocking = 4;
const networkNamespace = 0x40000000;

/**
 * Whether some process holds the flock of the file for itself; a file that is not there is not locked. A look is a shared lock for a moment:
 * looks do not take each other for a holder, and whoever wants the lock has to wait for them.
 */
export function isLocked(path: string): boolean {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
  try {
    return libc.flock(file, lockShared | lockNonBlocking) !== 0;
  } finally {
    closeSync(file);
  }
}

/** Runs `work`, which must not wait for anything, in another network namespace: sockets it makes stay there. */
export function withinNetwork<T>(namespace: number, home: number, work: () => T): T {
  if (libc.setns(namespace, networkNamespace) !== 0) throw new Error("This process may not enter the unit's network.");
  try {
    return work();
  } finally {
    if (libc.setns(home, networkNamespace) !== 0) process.abort(); // anything else would act in a unit's network
  }
}

/** A fresh TCP socket that belongs to the present network namespace, as a file descriptor. */
export function tcpSocket(): number {
  const socket = libc.socket(2, 1 | 0o2004000, 0); // AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC
  if (socket < 0) throw new Error("No TCP socket could be made in the unit's network.");
  return socket;
}

/** Makes a socket listen on an IPv4 address. */
export function listenOn(socket: number, address: string, port: number): void {
  const parts = address.split(".").map(Number);
  const name = Buffer.from([2, 0, port >> 8, port & 255, ...parts, 0, 0, 0, 0, 0, 0, 0, 0]); // sockaddr_in
  if (libc.bind(socket, name, name.length) !== 0 || libc.listen(socket, 128) !== 0) {
    closeSync(socket);
    throw new Error(`Cannot listen on ${address}:${port} in the unit's network.`);
  }
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
