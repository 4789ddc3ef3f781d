// Where the Unix sockets lie that reach the ports of units. sockaddr_un(7) holds 107 bytes of path, so a deep data folder
// gets them in a fresh folder of the system's temporary one; they are made again after a restart, so nothing is lost with it.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const longestPath = 107;
const longestName = "0123456789ab.65535".length;

export class SocketPaths {
  readonly #folder: string;
  readonly #temporary: boolean;

  constructor(folder: string) {
    const own = join(folder, "ports");
    this.#temporary = Buffer.byteLength(join(own, "x".repeat(longestName))) > longestPath;
    this.#folder = this.#temporary ? mkdtempSync(join(tmpdir(), "sagebrush-")) : own;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  path(unit: string, port: number): string {
    return join(this.#folder, `${unit}.${port}`);
  }

  remove(unit: string, ports: readonly number[]): void {
    for (const port of ports) rmSync(this.path(unit, port), { force: true });
  }

  close(): void {
    if (this.#temporary) rmSync(this.#folder, { recursive: true, force: true });
  }
}
