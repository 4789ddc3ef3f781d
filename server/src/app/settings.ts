// The one place for settings: a table of what can be set, and the order in which sources win:
// flag, SAGEBRUSH_… variable, sagebrush.yaml, default.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { isAbsolute, resolve } from "node:path";
import { parseFileSystems } from "./file-system-list.ts";
import { parseQuotas } from "./quota-list.ts";
import { parseVpcs } from "./vpc-list.ts";

/** Who this server is to another registry; without a name it asks as anybody. */
export interface RegistryAccount {
  readonly username: string;
  readonly password: string;
}

interface Setting<Value> {
  /** Text after the flag in --help, `DIR`. */
  readonly argument: string;
  readonly help: string;
  readonly default: Value;
  /** What may be shown of a value that holds secrets; without it the value is shown. */
  show?(value: Value): string;
  /** @throws Error saying what was expected and what came. */
  readonly read: (text: string) => Value;
}

const setting = <Value>(
  argument: string,
  help: string,
  fallback: Value,
  read: (text: string) => Value,
): Setting<Value> => ({
  argument,
  help,
  default: fallback,
  read,
});

const text = (value: string): string => value;
const oneOf =
  <Word extends string>(...words: readonly Word[]) =>
  (value: string): Word => {
    const found = words.find((word) => word === value);
    if (found === undefined) throw new Error(`expected one of ${words.join(", ")}, got ${JSON.stringify(value)}`);
    return found;
  };
const wholeNumber =
  (least: number) =>
  (value: string): number => {
    const number = Number(value);
    if (!Number.isSafeInteger(number) || number < least)
      throw new Error(`expected a whole number from ${least}, got ${JSON.stringify(value)}`);
    return number;
  };
const yesOrNo = (value: string): boolean => oneOf("true", "false")(value) === "true";
const address = (value: string): string => {
  const match = /^(\[[0-9a-fA-F:]+\]|[^:\s]+):(\d{1,5})$/.exec(value);
  if (!match || Number(match[2]) > 65_535) throw new Error(`expected HOST:PORT, got ${JSON.stringify(value)}`);
  return value;
};

function mailServer(value: string): string {
  if (value !== "" && !/^smtps?:\/\/[^/\s]+(\/\S*)?$/.test(value))
    throw new Error("expected smtp://USER:PASSWORD@HOST:PORT, got what is no such address");
  return value;
}

/** `{"registry.example:5000": {"username": "…", "password": "…"}, "docker.io": {}}` */
function registries(value: string): Readonly<Record<string, RegistryAccount | undefined>> {
  const expected = 'expected registries by host, such as {"docker.io": {"username": "…", "password": "…"}}';
  let given: unknown;
  try {
    given = JSON.parse(value);
  } catch {
    throw new Error(`${expected}; got what is not JSON`);
  }
  if (typeof given !== "object" || given === null || Array.isArray(given)) throw new Error(expected);
  return Object.fromEntries(
    Object.entries(given).map(([host, account]: [string, unknown]) => {
      if (!/^[a-z0-9.-]+(:\d{1,5})?$/.test(host)) throw new Error(`${expected}; ${JSON.stringify(host)} is no host`);
      const { username, password, ...more } = (account ?? {}) as Readonly<Record<string, unknown>>;
      if (username === undefined && password === undefined && Object.keys(more).length === 0) return [host, undefined];
      if (typeof username !== "string" || typeof password !== "string" || Object.keys(more).length > 0)
        throw new Error(`${expected}; ${host} needs both username and password, as texts, and nothing else`);
      return [host, { username, password }];
    }),
  );
}

/** Everything that can be set. The name is the YAML key; the flag and the variable are made from it. */
export const settingsTable = {
  data: setting("DIR", "folder that holds everything the server keeps", "./data", (value) => resolve(value)),
  listen: setting("HOST:PORT", "where to answer; port 0 picks a free one", "127.0.0.1:8000", address),
  backend: setting(
    "NAME",
    "where work runs: sandbox, or docker for an engine with the Docker API (kubernetes is not built yet)",
    "sandbox",
    oneOf("sandbox", "docker", "kubernetes"),
  ),
  engine: setting(
    "URL",
    "socket of the engine for the docker backend, unix:///…; empty: $DOCKER_HOST, else Docker's or Podman's usual one",
    "",
    (value) => {
      if (value !== "" && !/^unix:\/\/\/./.test(value))
        throw new Error(`expected unix:///path/of/a.sock of this machine, got ${JSON.stringify(value)}`);
      return value;
    },
  ),
  containersAsRoot: setting(
    "BOOL",
    "docker backend: run units also where the engine makes their user 0 this machine's, for want of user namespaces",
    false,
    yesOrNo,
  ),
  database: setting("URL", "rows: sqlite (inside the data folder) or postgres://…", "sqlite", text),
  blobs: setting("URL", "object bodies: folder (inside the data folder); s3://… is not built yet", "folder", text),
  region: setting("NAME", "region that `sagebrush env` exports; any region works in calls", "us-east-1", text),
  account: setting("ID", "account of the identities made at first start", "123456789012", (value) => {
    if (!/^\d{12}$/.test(value)) throw new Error(`expected 12 digits, got ${JSON.stringify(value)}`);
    return value;
  }),
  capacity: setting(
    "MODE",
    "clamp: an instance larger than this machine gets what there is; strict: it fails",
    "clamp",
    oneOf("clamp", "strict"),
  ),
  cpus: setting("COUNT", "CPU slots that jobs may hold together", availableParallelism(), wholeNumber(1)),
  spares: setting(
    "COUNT",
    "processes kept ready for each image used lately; 0 turns warm starts off",
    1,
    wholeNumber(0),
  ),
  longestGraceSeconds: setting(
    "SECONDS",
    "longest time a program may go on after SIGTERM; AWS gives training 120 s and endpoints 30 s",
    120,
    wholeNumber(0),
  ),
  fileSystems: setting(
    "ID=DIR,…",
    "folders of this machine that the file systems of jobs stand for, by id",
    "",
    (value) => [...parseFileSystems(value)].map(([id, folder]) => `${id}=${folder}`).join(","),
  ),
  quotas: {
    ...setting(
      "NAME=COUNT,…",
      "quotas of SageMaker by their names; without one, counts of instances are unlimited",
      {},
      parseQuotas,
    ),
    show: (value: Readonly<Record<string, number>>) =>
      Object.entries(value)
        .map(([name, count]) => `${name}=${count}`)
        .join(","),
  },
  vpcs: {
    ...setting("JSON", "networks besides the default VPC that VpcConfig may name, by id", [], parseVpcs),
    show: (value: ReturnType<typeof parseVpcs>) => value.map(({ id }) => id).join(", ") || "none",
  },
  spotInterruptEverySeconds: setting(
    "SECONDS",
    "for drills: jobs on spot instances are interrupted each time they have run so long; 0: only by `sagebrush spot interrupt`",
    0,
    wholeNumber(0),
  ),
  trailEverySeconds: setting(
    "SECONDS",
    "how often CloudTrail's trails write what was called to their buckets",
    300,
    wholeNumber(1),
  ),
  diskReserveMb: setting("MB", "free disk below which new work is refused", 512, wholeNumber(0)),
  detachWork: setting("BOOL", "on a clean stop leave jobs and endpoints running", false, yesOrNo),
  registries: {
    ...setting(
      "JSON",
      "other registries that images may come from, with credentials; images of hosts that are not named are refused",
      {},
      registries,
    ),
    show: (value: Readonly<Record<string, RegistryAccount | undefined>>) => Object.keys(value).join(", ") || "none",
  },
  smtp: {
    ...setting(
      "URL",
      "mail server for subscriptions by mail, smtp://USER:PASSWORD@HOST:587 or smtps://…; empty: none",
      "",
      mailServer,
    ),
    show: (value: string) => value.replace(/\/\/[^@/]*@/, "//…@"),
  },
  mailFrom: setting("ADDRESS", "address that mails come from", "", (value) => {
    if (value !== "" && !/^[^\s@<>]+@[^\s@<>]+$/.test(value))
      throw new Error(`expected NAME@HOST, got ${JSON.stringify(value)}`);
    return value;
  }),
  publicUrl: setting("URL", "what links in messages and mails lead to; empty: the address listened on", "", (value) => {
    if (value !== "" && !/^https?:\/\/[^/\s]+$/.test(value))
      throw new Error(`expected http://HOST:PORT without a path, got ${JSON.stringify(value)}`);
    return value;
  }),
  deliverTo: setting(
    "REACH",
    "where messages and events are sent and identity providers may be: any address but link-local ones, or public: none of this machine or its networks",
    "any",
    oneOf("any", "public"),
  ),
  eventDeadLetters: setting(
    "GROUP",
    "log group of events that EventBridge could not deliver; none: they are dropped",
    "/sagebrush/events/dead-letters",
    (value) => (value === "none" ? "" : value),
  ),
  openMetrics: setting("BOOL", "answer /healthz and /metrics to callers that are not on loopback", false, yesOrNo),
  logLevel: setting("LEVEL", "the server's own log on standard error", "info", oneOf("debug", "info", "warn", "error")),
  testClock: setting("SOCKET", "tests only: a Unix socket that moves the engine's clock", "", text),
} as const;

export type SettingName = keyof typeof settingsTable;
export type Settings = {
  readonly [Name in SettingName]: (typeof settingsTable)[Name] extends Setting<infer Value> ? Value : never;
};
export type Origin = "flag" | "variable" | "file" | "default";

export interface ResolvedSettings {
  readonly values: Settings;
  readonly origins: Readonly<Record<SettingName, Origin>>;
  /** Path of the file that was read, if there was one. */
  readonly file?: string;
}

const dashed = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
export const flagOf = (name: SettingName): string => `--${dashed(name)}`;
export const variableOf = (name: SettingName): string => `SAGEBRUSH_${dashed(name).replaceAll("-", "_").toUpperCase()}`;
export const settingNames = Object.keys(settingsTable) as readonly SettingName[];

/** A setting that cannot be used; the message names it, where it came from, what was expected and what came. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/** Resolves all settings. `flags` by setting name. @throws SettingsError */
export function resolveSettings(
  flags: Readonly<Partial<Record<SettingName, string>>>,
  environment: Readonly<Record<string, string | undefined>>,
  filePath: string,
): ResolvedSettings {
  const file = readSettingsFile(filePath);
  const values: Record<string, unknown> = {};
  const origins = {} as Record<SettingName, Origin>;
  for (const name of settingNames) {
    const sources: readonly [Origin, string, string | undefined][] = [
      ["flag", flagOf(name), flags[name]],
      ["variable", variableOf(name), environment[variableOf(name)] || undefined],
      ["file", `${name} in ${filePath}`, file?.[name]],
    ];
    const [origin, label, given] = sources.find((source) => source[2] !== undefined) ?? ["default", name, undefined];
    origins[name] = origin;
    const table: Setting<unknown> = settingsTable[name];
    try {
      values[name] =
        given === undefined ? (name === "data" ? resolve(String(table.default)) : table.default) : table.read(given);
    } catch (cause) {
      throw new SettingsError(`${label}: ${(cause as Error).message}.`, { cause });
    }
  }
  return {
    values: values as Settings,
    origins,
    ...(file ? { file: isAbsolute(filePath) ? filePath : resolve(filePath) } : {}),
  };
}

/** A value of the file as flags and variables have it. */
const textOf = (value: unknown): string =>
  typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);

/** A value in force as people may see it. */
export function shownSetting(settings: Settings, name: SettingName): string {
  const setting: Setting<unknown> = settingsTable[name];
  return setting.show ? setting.show(settings[name]) : String(settings[name]);
}

function readSettingsFile(path: string): Readonly<Record<string, string>> | undefined {
  let source: string;
  try {
    source = readFileSync(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new SettingsError(`${path} cannot be read: ${(cause as Error).message}.`, { cause });
  }
  // The parser has seventy modules: they are loaded when there is a file.
  const yaml = createRequire(import.meta.url)("yaml") as typeof import("yaml");
  const content: unknown = yaml.parse(source) ?? {};
  if (typeof content !== "object" || Array.isArray(content))
    throw new SettingsError(`${path}: expected lines such as \`listen: 127.0.0.1:8000\`.`);
  const unknown = Object.keys(content as object).filter((key) => !(key in settingsTable));
  if (unknown.length > 0)
    throw new SettingsError(`${path}: unknown setting ${unknown.join(", ")}; one of: ${settingNames.join(", ")}.`);
  return Object.fromEntries(Object.entries(content as object).map(([key, value]) => [key, textOf(value)]));
}
