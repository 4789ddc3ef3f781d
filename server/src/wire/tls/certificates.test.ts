import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { connect, createSecureContext, createServer, type SecureContext } from "node:tls";
import { openAuthority } from "./authority.ts";
import { writeBundle } from "./bundle.ts";
import { createCertificates } from "./certificates.ts";
import { issueLeaf, newKey } from "./x509.ts";

const DAY_MS = 86_400_000;
const made: string[] = [];
after(() => Promise.all(made.map((folder) => rm(folder, { recursive: true, force: true }))));

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "sagebrush-tls-"));
  made.push(path);
  return path;
}

/** What a client that trusts `ca` says of a server with the context, which it calls `name`. */
async function verdict(secureContext: SecureContext, ca: string, name: string): Promise<string> {
  const server = createServer({ SNICallback: (_name, done) => done(null, secureContext) });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  try {
    return await new Promise<string>((resolve) => {
      const socket = connect({ port, host: "127.0.0.1", ca, servername: name }, () => {
        resolve("trusted");
        socket.destroy();
      });
      socket.on("error", (cause: NodeJS.ErrnoException) => resolve(`${cause.code}: ${cause.message}`));
    });
  } finally {
    server.close();
  }
}

test("a certificate is trusted by whoever trusts the authority, and by nobody else", async () => {
  const path = await folder();
  const context = await createCertificates(path, Date.now).contextFor(["my.bucket.s3.amazonaws.com"]);
  const { certificate } = await openAuthority(path, Date.now());
  const other = await openAuthority(await folder(), Date.now());
  assert.equal(await verdict(context, certificate, "my.bucket.s3.amazonaws.com"), "trusted");
  assert.match(await verdict(context, certificate, "other.s3.amazonaws.com"), /ERR_TLS_CERT_ALTNAME_INVALID/);
  assert.match(await verdict(context, other.certificate, "my.bucket.s3.amazonaws.com"), /UNABLE_TO/);
});

test("whoever steals the authority's key can be nobody but Amazon and this machine", async () => {
  const authority = await openAuthority(await folder(), Date.now());
  for (const name of ["example.com", "amazonaws.com.example.org", "notamazonaws.com"]) {
    const key = newKey();
    const cert = await issueLeaf(authority, key, [name], { from: Date.now() - DAY_MS, until: Date.now() + DAY_MS });
    const context = createSecureContext({ key: key.export({ type: "pkcs8", format: "pem" }), cert });
    assert.match(await verdict(context, authority.certificate, name), /permitted subtree violation/, name);
  }
});

test("a context is made once for a name, and anew before its certificate ends", async () => {
  let now = Date.now();
  const certificates = createCertificates(await folder(), () => now);
  const [first, again] = await Promise.all([
    certificates.contextFor(["sts.amazonaws.com"]),
    certificates.contextFor(["sts.amazonaws.com"]),
  ]);
  assert.equal(first, again);
  now += 27 * DAY_MS;
  assert.equal(await certificates.contextFor(["sts.amazonaws.com"]), first);
  now += 2 * DAY_MS;
  assert.notEqual(await certificates.contextFor(["sts.amazonaws.com"]), first);
});

test("of more names than are kept, the one unused for longest is made again", async () => {
  const certificates = createCertificates(await folder(), Date.now);
  const bucket = (index: number) => [`b${index}.s3.amazonaws.com`];
  const [first, second] = await Promise.all([certificates.contextFor(bucket(0)), certificates.contextFor(bucket(1))]);
  await Promise.all(Array.from({ length: 126 }, (_, index) => certificates.contextFor(bucket(index + 2))));
  assert.equal(await certificates.contextFor(bucket(0)), first);
  await certificates.contextFor(bucket(128));
  assert.equal(await certificates.contextFor(bucket(0)), first);
  assert.notEqual(await certificates.contextFor(bucket(1)), second);
});

test("an authority is made once, its key for its owner only, and found again", async () => {
  const path = await folder();
  const authorities = await Promise.all(Array.from({ length: 5 }, () => openAuthority(path, Date.now())));
  assert.equal(new Set(authorities.map(({ certificate }) => certificate)).size, 1);
  assert.equal((await stat(join(path, "authority.pem"))).mode & 0o777, 0o600);
  assert.equal(await readFile(join(path, "ca.pem"), "utf8"), authorities[0]?.certificate);
});

test("an authority that is about to expire is made anew, and takes the old one's place in the bundle", async () => {
  const path = await folder();
  const start = Date.now();
  const old = await openAuthority(path, start);
  await writeBundle(path, [], old.certificate);
  assert.equal((await openAuthority(path, old.expiresAt - 61 * DAY_MS)).certificate, old.certificate);
  const later = old.expiresAt - 59 * DAY_MS;
  const renewed = await openAuthority(path, later);
  assert.notEqual(renewed.certificate, old.certificate);
  assert.ok(renewed.expiresAt > old.expiresAt);
  assert.equal(await readFile(join(path, "ca-bundle.pem"), "utf8"), renewed.certificate);
  assert.equal((await stat(join(path, "authority.pem"))).mode & 0o777, 0o600);
  const certificates = createCertificates(path, () => later);
  assert.ok(await certificates.contextFor(["sts.amazonaws.com"]));
});

test("an authority that is broken is refused with what to do, and a mended one is used at once", async () => {
  const path = await folder();
  const certificates = createCertificates(path, Date.now);
  const file = join(path, "authority.pem");
  const [one, other] = [await openAuthority(await folder(), Date.now()), await openAuthority(path, Date.now())];
  const whole = await readFile(file, "utf8");
  for (const text of ["", "nonsense", whole.slice(0, 400), whole.replace(other.certificate, one.certificate)]) {
    await writeFile(file, text);
    await assert.rejects(certificates.contextFor(["sts.amazonaws.com"]), /authority\.pem cannot be read .* Remove it/);
  }
  await writeFile(file, whole);
  await chmod(file, 0o600);
  assert.ok(await certificates.contextFor(["sts.amazonaws.com"]));
});

test("an authority names itself, so that two of them are told apart", async () => {
  const [one, other] = [
    await openAuthority(await folder(), Date.now()),
    await openAuthority(await folder(), Date.now()),
  ];
  assert.notEqual(new X509Certificate(one.certificate).subject, new X509Certificate(other.certificate).subject);
});
