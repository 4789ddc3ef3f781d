// Tokens of confirmations and of links that end a subscription: what they are for, with a mark that only this server can
// make. Nothing of them is kept, and they are good as long as the subscription is there.
import { createHmac, timingSafeEqual } from "node:crypto";
import { deriveKey } from "../../../core/sealing.ts";

export type TokenUse = "confirm" | "unsubscribe";

export interface Tokens {
  write(use: TokenUse, subscriptionArn: string): string;
  /** ARN of the subscription; undefined for a token that was not written here for this use. */
  read(use: TokenUse, token: string): string | undefined;
}

const MARK_DIGITS = 64;

/** `masterKey`: the bytes of `master.key`. */
export function createTokens(masterKey: Uint8Array): Tokens {
  const key = deriveKey(masterKey, "sns tokens");
  const markOf = (use: TokenUse, arn: string) => createHmac("sha256", key).update(`${use}\n${arn}`).digest("hex");
  return {
    write: (use, arn) => markOf(use, arn) + Buffer.from(arn).toString("hex"),
    read(use, token) {
      if (!/^(?:[0-9a-f]{2})+$/.test(token) || token.length <= MARK_DIGITS) return undefined;
      const arn = Buffer.from(token.slice(MARK_DIGITS), "hex").toString();
      const mark = Buffer.from(token.slice(0, MARK_DIGITS));
      return timingSafeEqual(mark, Buffer.from(markOf(use, arn))) ? arn : undefined;
    },
  };
}
