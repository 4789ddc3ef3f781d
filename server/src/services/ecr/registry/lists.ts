// What there is: the registry itself, its repositories, the tags of one.
import { kinds, placeScope, repositoryScope } from "../shared/model.ts";
import { requireRepository } from "../shared/repositories.ts";
import { RegistryError } from "./errors.ts";
import { type Exchange, type Handler, parameter, type Reply } from "./exchange.ts";

const MOST = 1000;

/** Says that this is a registry, and that the token is good. */
export const getBase: Handler = async () => json({});

export const getTags: Handler = async (exchange) => {
  const { context, name } = exchange;
  await exchange.may("ListImages");
  await requireRepository(context, name);
  const page = await pageOf(exchange, kinds.tag, repositoryScope(name));
  return json({ name: name.repository, tags: page.names }, page.headers);
};

export const getCatalog: Handler = async (exchange) => {
  await exchange.may("DescribeRepositories", { ...exchange.place, repository: "*" });
  const page = await pageOf(exchange, kinds.repository, placeScope(exchange.place));
  return json({ repositories: page.names }, page.headers);
};

const json = (value: object, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status: 200,
  headers: { "Content-Type": "application/json", ...headers },
  body: JSON.stringify(value),
});

/** Names in byte order behind `last`, with the address of the next page. @throws RegistryError for a bad `n` */
async function pageOf(exchange: Exchange, kind: string, scope: string) {
  const given = parameter(exchange, "n");
  const count = given === undefined ? MOST : Math.min(Number(given), MOST);
  if (!Number.isSafeInteger(count) || count < 0)
    throw new RegistryError(400, "PAGINATION_NUMBER_INVALID", `Expected a number of entries n, got ${given}.`);
  const after = parameter(exchange, "last");
  const rows = await exchange.context.rows.scan({ kind, scope, after, limit: count + 1 });
  const names = rows.slice(0, count).map((row) => row.name);
  const last = names.at(-1);
  const hasMore = rows.length > count && last !== undefined;
  const next = `<${exchange.request.rawPath}?n=${count}&last=${encodeURIComponent(last ?? "")}>; rel="next"`;
  return { names, headers: hasMore ? { Link: next } : {} };
}
