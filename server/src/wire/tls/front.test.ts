// Callers from elsewhere, which a test cannot be everywhere: a front that takes nobody for a caller on this machine.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createLog } from "../../core/log.ts";
import { createCertificates } from "./certificates.ts";
import { openFront } from "./front.ts";
import { createAwsNames } from "./names.ts";
import { createTunnels } from "./tunnel.ts";

const folder = await mkdtemp(join(tmpdir(), "sagebrush-front-"));
const lines: string[] = [];
const server = createServer((_request, response) => response.end("ok"));
const front = openFront(server, {
  names: createAwsNames(["sts"]),
  certificates: createCertificates(folder, Date.now),
  tunnels: createTunnels(() => undefined),
  log: createLog("warn", (line) => lines.push(line)),
  isLoopback: () => false,
});
await once(server.listen(0, "127.0.0.1"), "listening");
const { port } = server.address() as AddressInfo;
after(async () => {
  front.close();
  server.close();
  server.closeAllConnections();
  await rm(folder, { recursive: true, force: true });
});

async function connect(path: string): Promise<{ readonly status: number; readonly reason: string }> {
  const asked = request({ host: "127.0.0.1", port, method: "CONNECT", path, agent: false }).end();
  const [response, socket] = await once(asked, "connect");
  socket.destroy();
  return { status: response.statusCode, reason: response.statusMessage };
}

test("a caller from elsewhere gets no tunnel", async () => {
  const { status, reason } = await connect(`127.0.0.1:${port}`);
  assert.equal(status, 403);
  assert.match(reason, /Only callers on this machine get a tunnel/);
});

test("a broken authority is said to the caller before TLS begins, and a mended one answers", async () => {
  await writeFile(join(folder, "authority.pem"), "nonsense");
  const { status, reason } = await connect("sts.amazonaws.com:443");
  assert.equal(status, 500);
  assert.match(reason, /authority.pem cannot be read/);
  assert.equal(lines.length, 1);
  await rm(join(folder, "authority.pem"));
  assert.equal((await connect("sts.amazonaws.com:443")).status, 200);
});
