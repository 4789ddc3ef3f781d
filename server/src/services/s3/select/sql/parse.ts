// Statements of S3 Select. Amazon S3 user guide, "SQL reference for Amazon S3 Select": SELECT list FROM source WHERE
// condition LIMIT number.
import { selectErrors } from "../errors.ts";
import { parseExpression } from "./expression.ts";
import { pathSteps } from "./path.ts";
import { TokenReader } from "./reader.ts";
import type { Projection, Statement } from "./statement.ts";

/** User guide, "SELECT command": 256 KB. */
const LONGEST_BYTES = 256 * 1024;

/** @throws ApiError LexerInvalidChar, ParseUnexpectedToken, UnsupportedFunction, UnsupportedSqlStructure, ExpressionTooLong */
export function parseStatement(text: string): Statement {
  if (Buffer.byteLength(text) > LONGEST_BYTES) throw selectErrors.expressionTooLong();
  const reader = new TokenReader(text);
  reader.expectWord("SELECT");
  const projections = reader.takeSign("*") ? undefined : projectionList(reader);
  reader.expectWord("FROM");
  if (reader.token.text.toUpperCase() !== "S3OBJECT") throw reader.unexpected("S3Object");
  reader.take();
  const from = pathSteps(reader);
  // Without a name of its own the row is called as its path ends.
  const last = from.at(-1);
  const alias = aliasOf(reader, ["WHERE", "LIMIT"]) ?? (last?.kind === "name" ? last.name : undefined);
  const where = reader.takeWord("WHERE") ? parseExpression(reader) : undefined;
  const limit = reader.takeWord("LIMIT") ? limitOf(reader) : undefined;
  if (reader.token.kind !== "end") throw reader.unexpected("the end");
  return {
    from,
    ...(projections === undefined ? {} : { projections }),
    ...(alias === undefined ? {} : { alias }),
    ...(where === undefined ? {} : { where }),
    ...(limit === undefined ? {} : { limit }),
  };
}

function projectionList(reader: TokenReader): readonly Projection[] {
  const projections: Projection[] = [];
  do {
    const expression = parseExpression(reader);
    const alias = aliasOf(reader, ["FROM"]);
    projections.push({ expression, ...(alias === undefined ? {} : { alias }) });
  } while (reader.takeSign(","));
  return projections;
}

/** `AS name`, or just the name where no word of `notAlias` stands. */
function aliasOf(reader: TokenReader, notAlias: readonly string[]): string | undefined {
  const isAnnounced = reader.takeWord("AS");
  const { kind, text } = reader.token;
  const isName = kind === "quoted" || (kind === "word" && !notAlias.includes(text.toUpperCase()));
  if (isName) return reader.take().text;
  if (isAnnounced) throw reader.unexpected("a name");
  return undefined;
}

function limitOf(reader: TokenReader): number {
  const { kind, text } = reader.token;
  if (kind !== "number" || !/^\d+$/.test(text)) throw reader.unexpected("a whole number");
  reader.take();
  return Number(text);
}
