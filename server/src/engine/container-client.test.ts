import { deepEqual, equal, rejects } from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { buffer } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { ContainerClient } from "./container-client.ts";

async function clientOf(t: TestContext, serve: RequestListener, connections = 1): Promise<ContainerClient> {
  const server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const client = new ContainerClient(async () => {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return socket;
  }, connections);
  t.after(async () => {
    await client.close();
    server.closeAllConnections();
    server.close();
  });
  return client;
}

const asking = { method: "GET", path: "/", timeoutMs: 10_000 } as const;
const large = Buffer.alloc(3_000_000, "abc");

test("a large body that is asked for late comes whole, as one piece or as a stream", async (t) => {
  const client = await clientOf(t, (_request, response) => void response.end(large));
  for (const taken of ["start", "stream"] as const) {
    const answer = await client.request(asking);
    await new Promise((resolve) => setImmediate(resolve)); // the first bytes come before they are asked for
    const body = taken === "start" ? await answer.start(large.length + 1) : await buffer(answer.stream());
    equal(body.equals(large), true);
  }
});

test("the start of a body is given without waiting for the rest, and the connection is given up", async (t) => {
  let closed: Promise<unknown> | undefined;
  const client = await clientOf(t, (_request, response) => {
    closed = once(response, "close");
    response.write("the beginning");
  });
  const answer = await client.request(asking);
  equal((await answer.start(3)).toString(), "the beginning");
  await closed;
});

test("an informational answer is not the answer", async (t) => {
  const client = await clientOf(t, (_request, response) => {
    response.writeProcessing();
    response.end("done");
  });
  deepEqual(await client.ask(asking), { status: 200, body: Buffer.from("done") });
});

test("a body that stops half way fails with the time limit, and one that is cut with the reason", async (t) => {
  const client = await clientOf(t, (request, response) => {
    response.writeHead(200, { "content-length": 100 });
    response.write("half", () => {
      if (request.url === "/cut") response.destroy();
    });
  });
  const stopped = client.request({ ...asking, timeoutMs: 200 }).then((answer) => answer.start(1000));
  await rejects(stopped, { name: "ContainerUnreachable", timedOut: true });
  const cut = await client.request({ ...asking, path: "/cut" });
  await rejects(cut.start(1000), { name: "ContainerUnreachable", timedOut: false });
});

test("a request that waits for a connection can be given up, and those behind it go on", async (t) => {
  const began = Promise.withResolvers<() => void>();
  const client = await clientOf(t, (request, response) => {
    if (request.url === "/first") began.resolve(() => response.end("first"));
    else response.end("next");
  });
  const first = client.ask({ ...asking, path: "/first" });
  const gone = new AbortController();
  const second = client.ask({ ...asking, signal: gone.signal });
  const third = client.ask(asking);
  gone.abort(new Error("the caller left"));
  await rejects(second, { message: "the caller left" });
  (await began.promise)();
  equal((await first).body.toString(), "first");
  equal((await third).body.toString(), "next");
});
