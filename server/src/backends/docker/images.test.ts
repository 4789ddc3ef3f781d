// Images on their way into an engine that does not take them. The engine here is a server that says what one would.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { describe, type TestContext, test } from "node:test";
import { file, imageOf, layerOf, tarOf } from "../suite/layers.ts";
import { connectEngine } from "./engine.ts";
import { Images } from "./images.ts";

async function imagesWith(t: TestContext, load: RequestListener): Promise<Images> {
  const folder = mkdtempSync(join(tmpdir(), "engine-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const server = createServer((request, response) => {
    if (request.url?.startsWith("/images/load")) load(request, response);
    else response.writeHead(404, { "content-type": "application/json" }).end('{"message":"no such image"}');
  });
  server.listen(join(folder, "sock"));
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return new Images({ engine: connectEngine(join(folder, "sock")), server: "server", folder });
}

/** Larger than what pipes and sockets hold. */
async function largeLayer() {
  const layer = layerOf(await tarOf([file("large", "x".repeat(64 * 2 ** 20))]), (bytes) => bytes);
  const opened: Readable[] = [];
  const open = async () => {
    const source = await layer.open();
    opened.push(source);
    return source;
  };
  return { image: imageOf([{ ...layer, open }]), opened };
}

describe("an image that the engine does not take fails, and its layer is closed", () => {
  const cases: Readonly<Record<string, { readonly load: RequestListener; readonly told: RegExp }>> = {
    "when the engine breaks off": {
      load: (request) => request.socket.destroy(),
      told: /socket hang up|ECONNRESET|EPIPE/,
    },
    "when it says no before it has read everything": {
      load: (_request, response) =>
        response.writeHead(500, { "content-type": "application/json" }).end('{"message":"no space left on device"}'),
      told: /no space left on device/,
    },
    "when it says so in its answer's lines": {
      load: (_request, response) => response.writeHead(200).end('{"error":"invalid tar header"}\n'),
      told: /invalid tar header/,
    },
  };
  for (const [name, { load, told }] of Object.entries(cases))
    test(name, { timeout: 20_000 }, async (t) => {
      const images = await imagesWith(t, load);
      const { image, opened } = await largeLayer();
      await assert.rejects(images.install(image, { progress: () => undefined }), told);
      assert.deepEqual(
        opened.map((source) => source.destroyed),
        [true],
      );
    });
});

test("a layer with other bytes than it should have is refused, and closed", { timeout: 20_000 }, async (t) => {
  const images = await imagesWith(t, (request) => request.resume());
  const { image, opened } = await largeLayer();
  const [layer] = image.layers;
  assert.ok(layer);
  const shorter = imageOf([{ ...layer, sizeBytes: 2 ** 20 }]);
  await assert.rejects(images.install(shorter, { progress: () => undefined }), /more than its 1048576 bytes/);
  assert.deepEqual(
    opened.map((source) => source.destroyed),
    [true],
  );
});
