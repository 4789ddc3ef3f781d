// Keys, sessions and their ends over real rows: what the wire and the engine ask of IAM.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Call } from "../../core/call.ts";
import { realClock } from "../../core/clock.ts";
import { ApiError } from "../../core/errors.ts";
import { createGuard } from "../../core/outgoing.ts";
import { openSqliteRows } from "../../store/rows/sqlite/open.ts";
import { ensureFirstIdentities } from "./first-start.ts";
import { createIam } from "./index.ts";
import { createAuthenticator, createAuthorizer, createRoleSessions, createSessions, openIdentities } from "./port.ts";

const account = "123456789012";
const roleArn = `arn:aws:iam::${account}:role/SageMakerRole`;
const facts = { at: Date.now(), region: "us-east-1" };

async function aServer(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), "iam-"));
  t.after(() => rm(folder, { recursive: true }));
  const rows = await openSqliteRows({ file: join(folder, "rows.sqlite"), clock: realClock });
  t.after(() => rows.close());
  const keyFile = join(folder, "iam.key");
  let now = Date.now();
  const identities = await openIdentities({ rows, keyFile, now: () => now });
  const ini = await ensureFirstIdentities(identities);
  const iam = createIam(identities);
  const call = {
    service: "iam",
    account,
    region: "us-east-1",
    at: now,
    principal: { kind: "root", arn: `arn:aws:iam::${account}:root`, account, userId: account },
  } as unknown as Call;
  return {
    folder,
    rows,
    keyFile,
    identities,
    ini,
    profiles: parseIni(ini),
    authenticator: createAuthenticator(identities),
    authorizer: createAuthorizer(identities),
    roleSessions: createRoleSessions(identities),
    sessions: createSessions(identities, createGuard("any")),
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
    now: () => now,
    ask: async (operation: string, input: object): Promise<Record<string, never>> =>
      iam.operations[operation]?.run(input, { ...call, operation }),
  };
}

function parseIni(text: string): Record<string, { id: string; secret: string }> {
  const found = text.matchAll(/\[(\w+)\]\naws_access_key_id = (\S+)\naws_secret_access_key = (\S+)\n/g);
  return Object.fromEntries([...found].map(([, name, id, secret]) => [name, { id, secret }])) as never;
}

const refusedAs = (code: string) => (cause: unknown) => cause instanceof ApiError && cause.code === code;

const allowing = (action: string, resource = "*") =>
  JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Action: action, Resource: resource } });

async function aUser(server: Awaited<ReturnType<typeof aServer>>, UserName: string) {
  await server.ask("CreateUser", { UserName });
  const made = (await server.ask("CreateAccessKey", { UserName })) as unknown as {
    AccessKey: { AccessKeyId: string; SecretAccessKey: string };
  };
  return made.AccessKey;
}

test("the default profile speaks for a session of SageMakerRole, which may do everything", async (t) => {
  const server = await aServer(t);
  const { id = "", secret } = server.profiles["default"] ?? {};
  const credential = await server.authenticator.credential(id, undefined, server.now());
  assert.equal(credential.secretAccessKey, secret);
  assert.equal(credential.principal.arn, `arn:aws:sts::${account}:assumed-role/SageMakerRole/local`);
  assert.match(credential.principal.userId, /^AROA[A-Z2-7]{16}:local$/);
  const permissions = [{ action: "sagemaker:CreateModel", resource: "*" }];
  assert.equal(await server.authorizer.refusal(credential.principal, permissions, facts), undefined);
});

test("a second start finds the same keys and makes no others", async (t) => {
  const server = await aServer(t);
  assert.equal(await ensureFirstIdentities(server.identities), server.ini);
});

test("two servers that start at once on one database agree on the keys", async (t) => {
  const server = await aServer(t);
  const texts = await Promise.all([1, 2, 3].map(() => ensureFirstIdentities(server.identities, "210987654321")));
  assert.deepEqual(new Set(texts).size, 1);
  assert.deepEqual(Object.keys(parseIni(texts[0] ?? "")), ["default", "root"]);
});

test("first-start keys that were deleted do not come back", async (t) => {
  const server = await aServer(t);
  await server.ask("DeleteAccessKey", { AccessKeyId: server.profiles["root"]?.id });
  assert.deepEqual(Object.keys(parseIni(await ensureFirstIdentities(server.identities))), ["default"]);
});

test("secrets are not in the database in clear", async (t) => {
  const server = await aServer(t);
  const { SecretAccessKey } = await aUser(server, "ann");
  const files = ["rows.sqlite", "rows.sqlite-wal"].map((name) => readFile(join(server.folder, name), "latin1"));
  const text = (await Promise.all(files)).join("");
  assert.ok(text.includes("ann"));
  assert.ok(!text.includes(SecretAccessKey));
});

test("an unknown or switched-off key is refused", async (t) => {
  const server = await aServer(t);
  const { AccessKeyId } = await aUser(server, "ann");
  await assert.rejects(
    async () => server.authenticator.credential("AKIAUNKNOWN", undefined, server.now()),
    refusedAs("UnrecognizedClientException"),
  );
  await server.authenticator.credential(AccessKeyId, undefined, server.now());
  await server.ask("UpdateAccessKey", { UserName: "ann", AccessKeyId, Status: "Inactive" });
  await assert.rejects(
    async () => server.authenticator.credential(AccessKeyId, undefined, server.now()),
    refusedAs("UnrecognizedClientException"),
  );
});

test("a policy is in force with the next call, and gone with the next call", async (t) => {
  const server = await aServer(t);
  const { AccessKeyId } = await aUser(server, "ann");
  const { principal } = await server.authenticator.credential(AccessKeyId, undefined, server.now());
  const permissions = [{ action: "s3:GetObject", resource: "arn:aws:s3:::b/k" }];
  const refusal = () => server.authorizer.refusal(principal, permissions, facts);
  const refused =
    `User: arn:aws:iam::${account}:user/ann is not authorized to perform: s3:GetObject on resource: ` +
    "arn:aws:s3:::b/k because no identity-based policy allows the s3:GetObject action";
  assert.equal(await refusal(), refused);
  await server.ask("PutUserPolicy", { UserName: "ann", PolicyName: "p", PolicyDocument: allowing("s3:Get*") });
  assert.equal(await refusal(), undefined);
  await server.ask("DeleteUserPolicy", { UserName: "ann", PolicyName: "p" });
  assert.equal(await refusal(), refused);
});

test("a role's session works after a restart, ends in time and with its role", async (t) => {
  const server = await aServer(t);
  const sagemaker = { servicePrincipal: "sagemaker.amazonaws.com", sessionName: "job", durationSeconds: 900 };
  const session = await server.roleSessions.assume({ roleArn, ...sagemaker });
  const restarted = createAuthenticator(
    await openIdentities({ rows: server.rows, keyFile: server.keyFile, now: server.now }),
  );
  const { accessKeyId, sessionToken } = session;
  const credential = await restarted.credential(accessKeyId, sessionToken, server.now());
  assert.equal(credential.secretAccessKey, session.secretAccessKey);
  assert.deepEqual(credential.principal, session.principal);
  await assert.rejects(
    async () => restarted.credential(accessKeyId, sessionToken, session.expiresAt),
    refusedAs("ExpiredTokenException"),
  );
  const altered = `${sessionToken.slice(0, 40)}${sessionToken[40] === "A" ? "B" : "A"}${sessionToken.slice(41)}`;
  for (const [id, token] of [
    ["ASIAOTHER", sessionToken],
    [accessKeyId, altered],
    [accessKeyId, undefined],
  ] as const) {
    await assert.rejects(
      async () => restarted.credential(id, token, server.now()),
      refusedAs("UnrecognizedClientException"),
    );
  }
  const policy = { RoleName: "SageMakerRole", PolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess" };
  await server.ask("DetachRolePolicy", policy);
  await server.ask("DeleteRole", { RoleName: "SageMakerRole" });
  await assert.rejects(
    async () => server.authenticator.credential(accessKeyId, sessionToken, server.now()),
    refusedAs("UnrecognizedClientException"),
  );
  server.pass(1000);
  await assert.rejects(
    async () => restarted.credential(accessKeyId, sessionToken, server.now()),
    refusedAs("UnrecognizedClientException"),
  );
});

test("a service gets no session of a role that is absent or trusts another", async (t) => {
  const server = await aServer(t);
  const request = { sessionName: "job", durationSeconds: 900 };
  const message = (arn: string, service: string) =>
    `Could not assume role ${arn}. Please ensure that the role exists and allows principal '${service}' to assume the role.`;
  for (const [arn, servicePrincipal] of [
    [`${roleArn}2`, "sagemaker.amazonaws.com"],
    [roleArn, "ec2.amazonaws.com"],
  ] as const) {
    await assert.rejects(server.roleSessions.assume({ ...request, roleArn: arn, servicePrincipal }), {
      code: "ValidationException",
      message: message(arn, servicePrincipal),
    });
  }
});

test("a session policy narrows a session of the role", async (t) => {
  const server = await aServer(t);
  const { principal, packedPolicyPercent } = await server.sessions.assumeRole({
    roleArn,
    sessionName: "narrow",
    durationSeconds: 900,
    policy: allowing("s3:GetObject"),
    policyArns: [],
  });
  const refusal = (action: string) => server.authorizer.refusal(principal, [{ action, resource: "*" }], facts);
  assert.equal(await refusal("s3:GetObject"), undefined);
  assert.equal(
    await refusal("s3:PutObject"),
    `User: arn:aws:sts::${account}:assumed-role/SageMakerRole/narrow is not authorized to perform: s3:PutObject ` +
      "because no session policy allows the s3:PutObject action",
  );
  assert.equal(packedPolicyPercent, 5);
});
