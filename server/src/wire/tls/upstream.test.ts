import assert from "node:assert/strict";
import { test } from "node:test";
import { readUpstream } from "./upstream.ts";

const nobody = () => false;
const HTTPS_PROXY = "http://proxy.invalid:3128";

test("without the variable there is no proxy", () => {
  assert.equal(readUpstream({}, nobody)("a.invalid", 443), undefined);
  assert.equal(readUpstream({ HTTPS_PROXY: "" }, nobody)("a.invalid", 443), undefined);
});

const addresses: Readonly<Record<string, readonly [string, object]>> = {
  "a plain proxy": [
    "http://p.invalid:3128",
    { secure: false, host: "p.invalid", port: 3128, authorization: undefined },
  ],
  "a host alone is a plain proxy": [
    "p.invalid:3128",
    { secure: false, host: "p.invalid", port: 3128, authorization: undefined },
  ],
  "ports are those of the scheme": [
    "https://p.invalid",
    { secure: true, host: "p.invalid", port: 443, authorization: undefined },
  ],
  "an address of IPv6": ["http://[::1]:8", { secure: false, host: "::1", port: 8, authorization: undefined }],
  "a user and a password": [
    "http://ann:p%40ss@p.invalid:1",
    { secure: false, host: "p.invalid", port: 1, authorization: "Basic YW5uOnBAc3M=" },
  ],
};
for (const [sentence, [address, expected]] of Object.entries(addresses))
  test(`${sentence} is read`, () => {
    assert.deepEqual(readUpstream({ HTTPS_PROXY: address }, nobody)("a.invalid", 443), expected);
  });

test("a proxy that cannot be used is not gone around, and its password is not repeated", () => {
  for (const address of ["socks5://ann:secret@p.invalid:1", "http://ann:secret@", "http://a b:secret"])
    assert.throws(
      () => readUpstream({ HTTPS_PROXY: address }, nobody)("a.invalid", 443),
      (thrown: Error) => thrown.name === "Refusal" && !thrown.message.includes("secret"),
    );
});

test("a server is not its own proxy", () => {
  assert.equal(
    readUpstream({ https_proxy: HTTPS_PROXY }, ({ host }) => host === "proxy.invalid")("a.invalid", 443),
    undefined,
  );
});

const NO_PROXY = "localhost, .sub.invalid,*.star.invalid plain.invalid:8443,10.0.0.0/8,::1,[fd00::]/8,,bad/range/here";
const direct: Readonly<Record<string, boolean>> = {
  "localhost:443": true,
  "x.localhost:443": true,
  "sub.invalid:443": true,
  "a.sub.invalid:443": true,
  "notsub.invalid:443": false,
  "a.star.invalid:443": true,
  "plain.invalid:8443": true,
  "plain.invalid:443": false,
  "10.1.2.3:443": true,
  "11.1.2.3:443": false,
  "::1:443": true,
};
for (const [target, expected] of Object.entries(direct))
  test(`${target} is reached ${expected ? "directly" : "by the proxy"}`, () => {
    const [, host = "", port] = /^(.*):(\d+)$/.exec(target) ?? [];
    assert.equal(readUpstream({ HTTPS_PROXY, NO_PROXY }, nobody)(host, Number(port)) === undefined, expected);
  });

test("a star means everything", () => {
  assert.equal(readUpstream({ HTTPS_PROXY, NO_PROXY: "*" }, nobody)("a.invalid", 443), undefined);
});
