import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { createOutgoing, ForbiddenAddress, reaches } from "./outgoing.ts";

const never = [
  "169.254.169.254",
  "169.254.170.2",
  "::ffff:169.254.169.254",
  "fe80::1",
  "fd00:ec2::254",
  "0.0.0.0",
  "224.0.0.1",
];
const house = ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "::1", "fd12::1", "::ffff:10.0.0.1"];
const open = ["93.184.216.34", "2606:2800:220:1::1"];

test("link-local addresses are never reached, those of the house only where the setting lets", () => {
  const any = reaches("any");
  const toPublic = reaches("public");
  assert.deepEqual(never.filter(any), []);
  assert.deepEqual([...never, ...house].filter(toPublic), []);
  assert.deepEqual([...house, ...open].filter(any), [...house, ...open]);
  assert.deepEqual(open.filter(toPublic), open);
});

const request = { method: "POST", headers: {}, body: "x", timeoutMs: 5000, signal: new AbortController().signal };

/** Of every way to write an address, the address counts. */
for (const host of ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:7f00:1]"]) {
  test(`${host} is this machine`, async () => {
    await assert.rejects(createOutgoing("public")({ ...request, url: `http://${host}:1/` }), ForbiddenAddress);
  });
}

test("an answer that does not come, or never ends, is given up", async () => {
  const server = createServer((asked, answer) => {
    if (asked.url === "/slow") return;
    answer.writeHead(200);
    const more = (cause?: Error | null) => {
      if (!cause) answer.write("x".repeat(100_000), more);
    };
    more();
    answer.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const outgoing = createOutgoing("any");
  try {
    await assert.rejects(outgoing({ ...request, url: `${url}/slow`, timeoutMs: 50 }), /No whole answer within 0\.05 s/);
    const { status, body } = await outgoing({ ...request, url: `${url}/endless` });
    assert.deepEqual([status, body.length], [200, 64 * 1024]);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
