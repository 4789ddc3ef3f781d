// One request to the registry as its handlers see it.
import type { Readable } from "node:stream";
import type { WireRequest } from "../../../wire/request.ts";
import type { EcrContext, Place, RepositoryName } from "../shared/model.ts";

export interface Exchange {
  readonly context: EcrContext;
  readonly request: WireRequest;
  /** The registry that was asked. */
  readonly place: Place;
  /** Repository of the path; empty text for requests about the whole registry. */
  readonly name: RepositoryName;
  /** What the path names in the repository: tag, digest or upload. */
  readonly reference: string;
  /** Aborts when the caller goes away. */
  readonly signal: AbortSignal;
  /** Demands an action of ECR on the repository, or on another one. @throws ApiError AccessDenied */
  may(operation: string, name?: RepositoryName): Promise<void>;
  /** The request's body; it fails when the request breaks off. A caller that waits for it is told to go on. */
  body(): Readable;
  /** A body of limited size as a whole. @throws ApiError RequestEntityTooLarge */
  whole(limitBytes: number): Promise<Buffer>;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Readable;
}

export type Handler = (exchange: Exchange) => Promise<Reply>;

/** First value of a query parameter. */
export const parameter = ({ request }: Exchange, name: string): string | undefined =>
  request.query.find((one) => one.name === name)?.value;
