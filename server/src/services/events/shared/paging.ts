// Where a page of a list begins.
import { readMarker } from "../../../core/pages.ts";
import { validation } from "../errors.ts";

/** Name of the last item of the page before. @throws ApiError ValidationException for a token that no list gave out */
export function afterOf(token: string | undefined): string | undefined {
  if (token === undefined) return undefined;
  const after = readMarker(token);
  if (after === undefined) throw validation("Parameter NextToken is not valid.");
  return after;
}
