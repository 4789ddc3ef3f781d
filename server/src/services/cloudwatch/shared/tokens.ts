// Tokens of lists: what the last item given is called.
import { readMarker } from "../../../core/pages.ts";
import { invalidToken } from "../errors.ts";

/** Undefined without a token. @throws ApiError InvalidNextToken for one that no list gave out */
export function readToken(token: string | undefined): string | undefined {
  if (token === undefined) return undefined;
  const name = readMarker(token);
  if (name === undefined) throw invalidToken();
  return name;
}
