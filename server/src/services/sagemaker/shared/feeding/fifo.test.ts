// With real FIFOs, read by other processes: opening one holds up this thread.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, it, type TestContext } from "node:test";
import { HeldFolder, NotOurs } from "./fifo.ts";

const DATA_NAMES = ["input", "data"];

function opened(context: TestContext) {
  const root = mkdtempSync(join(tmpdir(), "sagebrush-fifo-"));
  const path = join(root, ...DATA_NAMES);
  mkdirSync(path, { recursive: true });
  const folder = HeldFolder.open(root, DATA_NAMES);
  context.after(() => {
    folder.close();
    rmSync(root, { recursive: true });
  });
  return { root, path, folder, at: (name: string) => join(path, name) };
}

const reader = (...command: readonly [string, ...string[]]): ChildProcess => {
  const [program, ...args] = command;
  return spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
};

const output = ({ stdout }: ChildProcess): Promise<string> => (stdout ? text(stdout) : Promise.resolve(""));

describe("a FIFO", () => {
  it("is anybody's to read and its folder's owner's, and is made once", (context) => {
    const { path, folder, at } = opened(context);
    if (process.getuid?.() === 0) chownSync(path, 1234, 1235);
    folder.makeFifo("train_0");
    const { ino } = statSync(at("train_0"));
    folder.makeFifo("train_0");
    const made = statSync(at("train_0"));
    assert.ok(made.isFIFO());
    assert.equal(made.ino, ino);
    assert.equal(made.mode & 0o777, 0o666);
    assert.deepEqual([made.uid, made.gid], [statSync(path).uid, statSync(path).gid]);
  });

  it("gives what is written, and its end when it is closed", async (context) => {
    const { folder, at } = opened(context);
    folder.makeFifo("train_0");
    const counter = reader("sh", "-c", 'wc -c <"$0"', at("train_0"));
    const fifo = folder.openFifo("train_0");
    const bytes = Buffer.alloc(3_000_000, "x");
    fifo.write(bytes);
    await fifo.drained();
    fifo.close();
    assert.equal((await output(counter)).trim(), String(bytes.length));
  });

  it("is drained when what is in the pipe was read, not before", async (context) => {
    const { folder, at } = opened(context);
    folder.makeFifo("train_0");
    const slow = reader("sh", "-c", `exec 3<"$0"; sleep 0.2; echo read; sleep 0.2; cat <&3`, at("train_0"));
    const fifo = folder.openFifo("train_0");
    fifo.write(Buffer.from("small"));
    let hasRead = false;
    slow.stdout?.once("data", () => {
      hasRead = true;
    });
    await fifo.drained();
    assert.ok(hasRead);
    fifo.close();
    await once(slow, "close");
  });

  it("that is closed early cannot be written to, and is drained", async (context) => {
    const { folder, at } = opened(context);
    folder.makeFifo("train_0");
    const head = reader("head", "-c", "1", at("train_0"));
    const fifo = folder.openFifo("train_0");
    fifo.write(Buffer.from("small"));
    await once(head, "close");
    await fifo.drained();
    assert.throws(() => fifo.write(Buffer.from("more")), { code: "EPIPE" });
    fifo.close();
  });
});

describe("what a program puts in the place of a FIFO is left alone", () => {
  const places: Record<string, (path: string, outside: string) => void> = {
    "a file": (path) => writeFileSync(path, "mine"),
    "a folder": (path) => mkdirSync(path),
    "a link to a file outside": (path, outside) => symlinkSync(outside, path),
    "a link to nothing": (path) => symlinkSync("/nowhere/at/all", path),
  };
  for (const [sentence, put] of Object.entries(places))
    it(sentence, (context) => {
      const { root, folder, at } = opened(context);
      const outside = join(root, "outside");
      writeFileSync(outside, "kept", { mode: 0o600 });
      put(at("train_0"), outside);
      assert.throws(() => folder.makeFifo("train_0"), NotOurs);
      assert.throws(() => folder.openFifo("train_0"), NotOurs);
      assert.equal(statSync(outside).mode & 0o777, 0o600);
    });

  it("a folder that has become a link", (context) => {
    const { root } = opened(context);
    const elsewhere = join(root, "elsewhere");
    mkdirSync(join(elsewhere, "data"), { recursive: true });
    rmSync(join(root, "input"), { recursive: true });
    symlinkSync(elsewhere, join(root, "input"));
    assert.throws(() => HeldFolder.open(root, DATA_NAMES), NotOurs);
  });
});
