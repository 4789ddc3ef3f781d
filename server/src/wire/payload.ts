// What receiving a request gives: who asks, and with which body.
import type { StreamedBody } from "../core/body.ts";
import type { Principal } from "../core/call.ts";
import type { Authenticator } from "../core/ports.ts";
import type { Answer } from "./protocols/codec.ts";
import type { QueryParameter } from "./request.ts";
import type { SigningKeys } from "./signatures/version4.ts";

export interface Payload {
  readonly principal: Principal;
  /** Headers as the operation reads them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | StreamedBody;
  /** Form of the query protocol. */
  readonly form: readonly QueryParameter[];
  /** Labels that replace the path's: the key of an upload form. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Turns the operation's answer into what the sender of a form asked for. */
  readonly finish?: (answer: Answer) => Answer;
}

export interface Checks {
  readonly authenticator: Authenticator;
  readonly keys: SigningKeys;
  readonly now: number;
}
