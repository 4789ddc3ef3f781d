import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { it, type TestContext } from "node:test";
import type { InvokeEndpointInput } from "../../../../contract/sagemaker-runtime/types.ts";
import type { Call } from "../../core/call.ts";
import { ApiError } from "../../core/errors.ts";
import type { EndpointDirectory } from "../../core/ports.ts";
import { createInvoke } from "./invoke.ts";
import type { Invocation } from "./metrics.ts";

const LIMIT_BYTES = 1_000_000;

/** A container that answers by `serve`, and how to invoke it. `counted`: what is measured; `underWay`: not over yet. */
async function aContainer(
  t: TestContext,
  serve: (request: IncomingMessage, response: ServerResponse) => void,
  answerTimeoutMs = 60_000,
) {
  const server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const dial = async () => {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return socket;
  };
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const counted: Invocation[] = [];
  let underWay = 0;
  const begin = () => {
    underWay += 1;
    return () => {
      underWay -= 1;
    };
  };
  const instances = [{ id: "i", dial, logStream: "all/i", begin }];
  const route = {
    endpointName: "digits",
    arn: "arn",
    status: "InService",
    variants: [{ name: "all", weight: 1, instances }],
  };
  const endpoints: EndpointDirectory = { find: (_account, _region, name) => (name === "digits" ? route : undefined) };
  const metrics = { record: (invocation: Invocation) => counted.push(invocation) };
  const run = createInvoke({ endpoints, metrics, random: () => 0, bodyLimitBytes: LIMIT_BYTES, answerTimeoutMs });
  const invoke = (input: Partial<InvokeEndpointInput> = {}, signal = new AbortController().signal) => {
    const call = { account: "123456789012", region: "us-east-1", at: Date.now(), signal } as Call;
    return run({ EndpointName: "digits", Body: Buffer.from("1,2"), ...input }, call);
  };
  return { invoke, counted, underWay: () => underWay, server };
}

it("body and documented headers reach the container, and its answer comes back with its own", async (t) => {
  const seen: unknown[] = [];
  const { invoke, counted, underWay } = await aContainer(t, (request, response) => {
    const { host: _, connection: __, ...headers } = request.headers;
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.once("end", () => {
      seen.push([request.method, request.url, headers, Buffer.concat(parts).toString()]);
      response.setHeader("x-amzn-sagemaker-custom-attributes", "trace=2");
      response.setHeader("x-secret", "no");
      response.writeHead(200, { "content-type": "text/csv", "content-length": 3 }).end("0.5");
    });
  });
  const given = { ContentType: "text/csv", Accept: "text/csv", CustomAttributes: "trace=1" };
  assert.deepEqual(await invoke(given), {
    Body: Buffer.from("0.5"),
    ContentType: "text/csv",
    CustomAttributes: "trace=2",
    InvokedProductionVariant: "all",
  });
  const headers = {
    "content-type": "text/csv",
    accept: "text/csv",
    "x-amzn-sagemaker-custom-attributes": "trace=1",
    "content-length": "3",
  };
  assert.deepEqual(seen, [["POST", "/invocations", headers, "1,2"]]);
  assert.deepEqual([counted.map(({ status }) => status), underWay()], [[200], 0]);
});

it("an error of the container becomes a ModelError with its status and words", async (t) => {
  const { invoke, counted } = await aContainer(t, (_request, response) => response.writeHead(500).end("out of memory"));
  await assert.rejects(invoke(), (error) => {
    assert.ok(error instanceof ApiError);
    assert.deepEqual(
      [error.code, error.status, error.fields],
      [
        "ModelError",
        424,
        {
          OriginalStatusCode: 500,
          OriginalMessage: "out of memory",
          LogStreamArn:
            "arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/Endpoints/digits:log-stream:all/i",
        },
      ],
    );
    return true;
  });
  assert.deepEqual(
    counted.map(({ status }) => status),
    [500],
  );
});

it("an answer without a length streams while it is made", async (t) => {
  const { invoke, counted, underWay } = await aContainer(t, (_request, response) => {
    response.writeHead(200).write("first ");
    response.end("second");
  });
  const { Body } = await invoke();
  assert.ok((Body as unknown) instanceof Readable);
  assert.equal((await buffer(Body as unknown as Readable)).toString(), "first second");
  assert.deepEqual([counted.map(({ status }) => status), underWay()], [[200], 0]);
});

it("an answer that grows beyond the limit is cut, and counts as the model's error", async (t) => {
  const { invoke, counted, underWay } = await aContainer(t, (_request, response) => {
    response.writeHead(200);
    Readable.from(Array.from({ length: 20 }, () => Buffer.alloc(100_000))).pipe(response);
  });
  const { Body } = await invoke();
  await assert.rejects(buffer(Body as unknown as Readable), /at most 1000000 bytes/);
  assert.deepEqual([counted.map(({ status }) => status), underWay()], [[0], 0]);
});

it("an answer that says it is beyond the limit is refused", async (t) => {
  const { invoke } = await aContainer(t, (_request, response) => response.end(Buffer.alloc(LIMIT_BYTES + 1)));
  await assert.rejects(invoke(), { code: "ModelError", message: /at most 1000000 bytes, it has 1000001/ });
});

it("a container that breaks the connection gives a ModelError", async (t) => {
  const { invoke, counted } = await aContainer(t, (request) => request.socket.destroy());
  await assert.rejects(invoke(), { code: "ModelError", message: /server error \(0\).*other side closed/ });
  assert.equal(counted.length, 1);
});

it("a container that nobody listens for gives a ModelError", async (t) => {
  const { invoke, server } = await aContainer(t, () => {});
  await new Promise((resolve) => server.close(resolve));
  await assert.rejects(invoke(), { code: "ModelError", message: /the connection failed/ });
});

it("a container that does not answer in time gives a ModelError, and its work is ended", async (t) => {
  const begun: Promise<unknown>[] = [];
  const { invoke, underWay } = await aContainer(t, (_request, response) => begun.push(once(response, "close")), 1000);
  await assert.rejects(invoke(), { code: "ModelError", message: /no answer within 1 s/ });
  await Promise.all(begun);
  assert.equal(underWay(), 0);
});

it("a caller who leaves ends the container's work, and is no error of the model", async (t) => {
  const leaving = new AbortController();
  const ended = Promise.withResolvers<void>();
  const { invoke, counted, underWay } = await aContainer(t, (_request, response) => {
    response.once("close", () => ended.resolve());
    leaving.abort(new Error("gone"));
  });
  await assert.rejects(invoke({}, leaving.signal), /gone/);
  await ended.promise;
  assert.deepEqual([counted, underWay()], [[], 0]);
});

it("connections are kept from one call to the next", async (t) => {
  const { invoke, server } = await aContainer(t, (request, response) => {
    request.resume();
    request.once("end", () => response.end("1"));
  });
  let connections = 0;
  server.on("connection", () => {
    connections += 1;
  });
  for (let call = 0; call < 20; call += 1) await invoke();
  // The next call may begin before the connection of the one before is free again.
  assert.ok(connections <= 2, `${connections} connections for 20 calls one after the other`);
});
