import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { PassThrough } from "node:stream";
import { it } from "node:test";
import { talk } from "./protocol.ts";

it("messages are whole lines, however they come; one that was cut by a death is none", async () => {
  const socket = new PassThrough();
  const heard: unknown[] = [];
  talk(socket as unknown as Socket, (message) => heard.push(message));
  const end = new Promise((resolve) => socket.once("end", resolve));
  for (const part of ['{"a":', '"é"}\n{"b"', ":2}\n", '{"c":3}\n{"d":4}\n{"e', '":'])
    for (const byte of Buffer.from(part)) socket.write(Buffer.of(byte));
  socket.end();
  await end;
  assert.deepEqual(heard, [{ a: "é" }, { b: 2 }, { c: 3 }, { d: 4 }]);
});
