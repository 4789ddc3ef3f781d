import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { PassThrough } from "node:stream";
import { after, before, describe, it } from "node:test";
import { ApiError } from "../../core/errors.ts";
import type { Service } from "../../core/service.ts";
import { callJson, exchange, send, startWire, type TestRequest, type TestServer } from "../test-client.ts";
import { ChunkedBody } from "./chunked.ts";
import { checkPolicy, readPolicy } from "./post-policy.ts";
import { createSigningKeys } from "./version4.ts";

const services: readonly Service[] = [
  { name: "sagemaker", iamPrefix: "sagemaker", operations: { ListModels: { run: () => ({ Models: [] }) } } },
  { name: "s3", iamPrefix: "s3", validatesItself: true, operations: { GetObject: { run: () => ({ Body: "x" }) } } },
];

let server: TestServer;
before(async () => {
  server = await startWire(services);
});
after(() => server.close());

describe("a forged call of a JSON service", () => {
  const list = (more: Partial<TestRequest>) => callJson(server.port, "sagemaker", "SageMaker.ListModels", {}, more);
  const minute = 60_000;
  const forgeries: Record<string, [Partial<TestRequest>, code: string, text: RegExp]> = {
    "another body": [{ tamper: { body: '{"MaxResults":1}' } }, "InvalidSignatureException", /does not match/],
    "another target": [
      { tamper: { headers: { "x-amz-target": "SageMaker.ListEndpoints" } } },
      "InvalidSignatureException",
      /does not match/,
    ],
    "another host": [{ tamper: { headers: { host: "other" } } }, "InvalidSignatureException", /does not match/],
    "another path": [{ tamper: { target: "/x" } }, "InvalidSignatureException", /does not match/],
    "a query added": [{ tamper: { target: "/?a=b" } }, "InvalidSignatureException", /does not match/],
    "an unsigned x-amz header": [
      { tamper: { headers: { "x-amz-security-token": "t" } } },
      "InvalidSignatureException",
      /'x-amz-security-token' must be a 'SignedHeader'/,
    ],
    "an old time": [
      { time: new Date(Date.now() - 16 * minute) },
      "InvalidSignatureException",
      /^Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 15 min\.\)$/,
    ],
    "a time to come": [
      { time: new Date(Date.now() + 16 * minute) },
      "InvalidSignatureException",
      /^Signature not yet current: /,
    ],
    "a key nobody has": [
      { accessKeyId: "AKIAOTHER" },
      "UnrecognizedClientException",
      /security token included in the request is invalid/,
    ],
    "no signature": [
      { tamper: { headers: { authorization: undefined } } },
      "MissingAuthenticationTokenException",
      /^Missing Authentication Token$/,
    ],
    "half a header": [
      {
        tamper: {
          headers: { authorization: "AWS4-HMAC-SHA256 Credential=a/20200101/us-east-1/sagemaker/aws4_request" },
        },
      },
      "IncompleteSignatureException",
      /requires 'Signature' parameter/,
    ],
    "another algorithm": [
      { tamper: { headers: { authorization: "Bearer x" } } },
      "IncompleteSignatureException",
      /Unsupported AWS 'algorithm': 'Bearer'/,
    ],
    "no time": [{ tamper: { headers: { "x-amz-date": undefined } } }, "IncompleteSignatureException", /X-Amz-Date/],
    "host not signed": [{ unlisted: "host" }, "InvalidSignatureException", /'host' must be a 'SignedHeader'/],
  };
  for (const [what, [more, code, text]] of Object.entries(forgeries))
    it(`with ${what} is refused`, async () => {
      const answer = await list(more);
      const document = JSON.parse(answer.text);
      assert.deepEqual([answer.status, document.__type], [400, code]);
      assert.match(document.message, text);
    });
});

describe("a call of S3", () => {
  const code = (text: string): string | undefined => /<Code>(.*?)<\/Code>/.exec(text)?.[1];
  const get = (more: Partial<TestRequest>) =>
    send(server.port, { service: "s3", method: "GET", target: "/b/k", ...more });

  it("is answered when it is signed", async () => assert.equal((await get({})).text, "x"));
  it("is answered for keys with signs in them", async () =>
    assert.equal((await get({ target: "/b/a%20%2B%C3%BC~/x%2Fy?versionId=1%2F2" })).text, "x"));

  it("tells what was signed when the signature is wrong", async () => {
    const answer = await get({ tamper: { target: "/b/other" } });
    assert.deepEqual([answer.status, code(answer.text)], [403, "SignatureDoesNotMatch"]);
    assert.match(answer.text, /<AWSAccessKeyId>AKIAEXAMPLE<\/AWSAccessKeyId><StringToSign>AWS4-HMAC-SHA256\n/);
    assert.match(answer.text, /<CanonicalRequest>GET\n\/b\/other\n/);
  });

  const refusals: Record<string, [Partial<TestRequest>, number, string]> = {
    "an old time": [{ time: new Date(0) }, 403, "RequestTimeTooSkewed"],
    "a key nobody has": [{ accessKeyId: "AKIAOTHER" }, 403, "InvalidAccessKeyId"],
    "no signature": [{ tamper: { headers: { authorization: undefined } } }, 403, "AccessDenied"],
    "a header that is not signed": [{ tamper: { headers: { "x-amz-acl": "private" } } }, 403, "AccessDenied"],
    "a hash that is none": [{ headers: { "x-amz-content-sha256": "abc" } }, 400, "InvalidArgument"],
    "another body than was hashed": [
      { method: "POST", target: "/b?delete", tamper: { body: "<a/>" } },
      400,
      "XAmzContentSHA256Mismatch",
    ],
    "an expired presigned URL": [
      {
        tamper: {
          target: "/b/k?AWSAccessKeyId=AKIAEXAMPLE&Signature=x&Expires=1",
          headers: { authorization: undefined },
        },
      },
      403,
      "AccessDenied",
    ],
  };
  for (const [what, [more, status, expected]] of Object.entries(refusals))
    it(`is refused with ${what}`, async () => {
      const answer = await get(more);
      assert.deepEqual([answer.status, code(answer.text)], [status, expected]);
    });
});

describe("AWS's published example of a chunked upload", () => {
  // Amazon S3 API Reference, "Example calculations" of chunked uploads: 66,560 letters a in chunks of 64 KiB and 1 KiB.
  const key = createSigningKeys()("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", {
    date: "20130524",
    region: "us-east-1",
    service: "s3",
  });
  const signing = {
    key,
    time: "20130524T000000Z",
    scope: "20130524/us-east-1/s3/aws4_request",
    seed: "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
  };
  const encoded = [
    `10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n${"a".repeat(65_536)}\r\n`,
    `400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n${"a".repeat(1024)}\r\n`,
    "0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n",
  ].join("");

  const decode = async (bytes: Buffer, step: number): Promise<number> => {
    const body = new ChunkedBody({ lengthBytes: 66_560, signing, trailerNames: [] });
    const source = new PassThrough();
    source.pipe(body);
    for (let at = 0; at < bytes.length; at += step) source.write(bytes.subarray(at, at + step));
    source.end();
    let size = 0;
    for await (const part of body) size += (part as Buffer).length;
    return size;
  };

  for (const step of [7, 1000, 100_000])
    it(`is taken in pieces of ${step} bytes`, async () =>
      assert.equal(await decode(Buffer.from(encoded), step), 66_560));

  it("is refused whichever of its bytes is changed", async () => {
    for (let at = 0; at < encoded.length; at += 997) {
      const bytes = Buffer.from(encoded);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      await assert.rejects(decode(bytes, 5000), ApiError, `byte ${at}`);
    }
  });

  it("is refused wherever it is cut", async () => {
    for (let at = 0; at < encoded.length - 2; at += 991)
      await assert.rejects(decode(Buffer.from(encoded.slice(0, at)), 5000), ApiError, `byte ${at}`);
  });
});

describe("the policy of an upload form", () => {
  const policy = (document: unknown) => readPolicy(Buffer.from(JSON.stringify(document)).toString("base64"));
  const expiration = "2030-01-01T00:00:00.000Z";
  const fields = { key: "user/ann/x", bucket: "b", acl: "private", "x-ignore-me": "1", policy: "p" };
  const conditions = [{ bucket: "b" }, ["starts-with", "$key", "user/ann/"], { acl: "private" }];

  it("gives the range of lengths when it holds", () => {
    const range = checkPolicy(
      policy({ expiration, conditions: [...conditions, ["content-length-range", 1, 9]] }),
      fields,
      0,
    );
    assert.deepEqual([range.least, range.most], [1, 9]);
  });

  const refusals: Record<string, [document: object, fields: Record<string, string>, now: number, text: RegExp]> = {
    "it has expired": [{ expiration, conditions }, fields, Date.parse(expiration) + 1, /Policy expired/],
    "a field has another value": [
      { expiration, conditions },
      { ...fields, acl: "public-read" },
      0,
      /\["eq","\$acl","private"\]/,
    ],
    "a field begins otherwise": [
      { expiration, conditions },
      { ...fields, key: "user/bob" },
      0,
      /\["starts-with","\$key"/,
    ],
    "a field is not named": [
      { expiration, conditions },
      { ...fields, "x-amz-meta-a": "1" },
      0,
      /Extra input fields: x-amz-meta-a/,
    ],
  };
  for (const [what, [document, given, now, text]] of Object.entries(refusals))
    it(`refuses when ${what}`, () => assert.throws(() => checkPolicy(policy(document), given, now), text));

  for (const broken of [{}, { expiration }, { expiration, conditions: [["like", "$key", "x"]] }, "text", null])
    it(`is refused as ${JSON.stringify(broken)}`, () => assert.throws(() => policy(broken), ApiError));
});

describe("an upload form", () => {
  const mac = (secret: string, text: string) => createHmac("sha1", secret).update(text).digest("base64");
  it("whose policy was signed by nobody is refused", async () => {
    const policy = Buffer.from('{"expiration":"2030-01-01T00:00:00Z","conditions":[]}').toString("base64");
    const parts = { key: "k", AWSAccessKeyId: "AKIAEXAMPLE", policy, signature: mac("other", policy) };
    const fields = Object.entries(parts).map(
      ([name, value]) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
    );
    const file = '--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nbytes\r\n--x--\r\n';
    const answer = await exchange(server.port, "POST", {
      headers: { "content-type": "multipart/form-data; boundary=x" },
      target: "/bucket",
      body: fields.join("") + file,
    });
    assert.match(answer.text, /<Code>SignatureDoesNotMatch<\/Code>/);
  });
});

describe("random bytes", () => {
  /** Reproducible noise: SHA-256 in counter mode. */
  const noise = (seed: number): Buffer =>
    Buffer.concat([0, 1, 2, 3].map((part) => createHash("sha256").update(`${seed}/${part}`).digest()));
  const places: Record<string, (bytes: Buffer) => Promise<{ readonly status: number }>> = {
    "as a JSON body": (bytes) => callJson(server.port, "sagemaker", "SageMaker.ListModels", bytes.toString("latin1")),
    "as an S3 document": (bytes) => send(server.port, { service: "s3", target: "/b?delete", body: bytes }),
    "in a credential": (bytes) =>
      callJson(
        server.port,
        "sagemaker",
        "SageMaker.ListModels",
        {},
        {
          tamper: {
            headers: {
              authorization: `AWS4-HMAC-SHA256 ${bytes.toString("hex")}, Credential=/, SignedHeaders=%, Signature=`,
            },
          },
        },
      ),
    "as a form": (bytes) =>
      exchange(server.port, "POST", {
        headers: { "content-type": "multipart/form-data; boundary=x" },
        target: "/b",
        body: bytes,
      }),
    "in the target": (bytes) =>
      exchange(server.port, "GET", {
        headers: {},
        target: `/${bytes.toString("base64url").replaceAll("A", "%")}?${bytes.toString("base64url").replaceAll("B", "%")}`,
        body: "",
      }),
  };
  for (const [where, sendNoise] of Object.entries(places))
    it(`${where} are refused as the caller's mistake`, async () => {
      for (let seed = 0; seed < 40; seed += 1) {
        const { status } = await sendNoise(noise(seed));
        assert.ok(status >= 400 && status < 502, `seed ${seed} got ${status}`);
        assert.notEqual(status, 500, `seed ${seed}`);
      }
    });
});
