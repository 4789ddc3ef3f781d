// FIFOs in a folder that a program may change meanwhile: entered step by step, never through a link, and what is opened
// is the FIFO that was looked at. fifo(7), pipe(7); calls that Node lacks by node:ffi of the pinned Node.
import { dlopen } from "node:ffi";
import { chmodSync, chownSync, closeSync, constants, fstatSync, openSync, unlinkSync, writeSync } from "node:fs";
import { setImmediate, setTimeout } from "node:timers/promises";

const { functions: libc } = dlopen("libc.so.6", {
  mkfifoat: { return: "i32", arguments: ["i32", "buffer", "u32"] },
  fcntl: { return: "i32", arguments: ["i32", "i32", "i32"] },
  ioctl: { return: "i32", arguments: ["i32", "u64", "buffer"] },
  poll: { return: "i32", arguments: ["buffer", "u64", "i32"] },
});

const O_PATH = 0o10000000;
const F_SETPIPE_SZ = 1031;
const FIONREAD = 0x541b;
const POLLERR = 8;

/** What any process may ask for without being root (/proc/sys/fs/pipe-max-size). */
const PIPE_BYTES = 2 ** 20;

/** Readable from the moment it is there, if the mask of the process lets it; nobody else comes to the folder. */
const ANYBODY = 0o666;

/** Something is in the place of a FIFO, or of the folder it belongs into. */
export class NotOurs extends Error {
  override readonly name = "NotOurs";
}

/** A folder, held open: whatever becomes of its name, it is this one. */
export class HeldFolder {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** Goes down from a folder that the program cannot replace. @throws NotOurs when a name is no folder, or a link */
  static open(root: string, names: readonly string[]): HeldFolder {
    const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
    let fd = openSync(root, flags);
    for (const name of names) {
      const above = fd;
      try {
        fd = openSync(within(above, name), flags);
      } catch (cause) {
        throw new NotOurs(`The folder ${names.join("/")} is not there any more.`, { cause });
      } finally {
        closeSync(above);
      }
    }
    return new HeldFolder(fd);
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Makes the FIFO unless it is there; it belongs to the owner of the folder, and anybody may read it. @throws NotOurs */
  makeFifo(name: string): void {
    const made = libc.mkfifoat(this.#fd, Buffer.from(`${name}\0`), ANYBODY);
    const fifo = this.#look(name);
    try {
      if (made !== 0) return;
      const { uid, gid } = fstatSync(this.#fd);
      chmodSync(byFd(fifo), ANYBODY);
      if (process.getuid?.() === 0) chownSync(byFd(fifo), uid, gid);
    } finally {
      closeSync(fifo);
    }
  }

  /** Opens the FIFO for writing, once somebody reads: the thread waits, for ever if need be. @throws NotOurs */
  openFifo(name: string): Fifo {
    const looked = this.#look(name);
    try {
      const fd = openSync(byFd(looked), constants.O_WRONLY);
      libc.fcntl(fd, F_SETPIPE_SZ, PIPE_BYTES); // a smaller pipe serves as well, more slowly
      return new Fifo(fd);
    } finally {
      closeSync(looked);
    }
  }

  /** Harmless when it is not there. */
  remove(name: string): void {
    try {
      unlinkSync(within(this.#fd, name));
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code !== "ENOENT" && code !== "EISDIR") throw cause;
    }
  }

  /** The FIFO itself, neither to be read nor written by this descriptor. */
  #look(name: string): number {
    let fd: number;
    try {
      fd = openSync(within(this.#fd, name), O_PATH | constants.O_NOFOLLOW);
    } catch (cause) {
      throw new NotOurs(`The FIFO ${name} cannot be made.`, { cause });
    }
    if (fstatSync(fd).isFIFO()) return fd;
    closeSync(fd);
    throw new NotOurs(`Something else is at the place of the FIFO ${name}.`);
  }
}

const byFd = (fd: number): string => `/proc/self/fd/${fd}`;
const within = (fd: number, name: string): string => `${byFd(fd)}/${name}`;

/** The longest wait between two looks whether the last bytes were read. */
const LONGEST_LOOK_MS = 20;

/** The writing end of a FIFO that somebody reads. */
export class Fifo {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** The thread waits until the pipe has taken all of it. @throws EPIPE when nobody reads any more */
  write(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) from += writeSync(this.#fd, bytes, from);
  }

  /** Resolves when all that was written has been read, or nobody reads any more. */
  async drained(): Promise<void> {
    for (let wait = 0; this.#unread() > 0 && this.#hasReader(); wait = Math.min(LONGEST_LOOK_MS, wait * 2 || 1)) {
      if (wait === 0) await setImmediate();
      else await setTimeout(wait);
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  #unread(): number {
    const count = Buffer.alloc(4);
    return libc.ioctl(this.#fd, BigInt(FIONREAD), count) === 0 ? count.readInt32LE() : 0;
  }

  #hasReader(): boolean {
    const asked = Buffer.alloc(8); // struct pollfd
    asked.writeInt32LE(this.#fd);
    libc.poll(asked, 1n, 0);
    return (asked.readInt16LE(6) & POLLERR) === 0;
  }
}
