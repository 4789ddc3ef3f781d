// What every protocol does: bytes of a request to the operation's input, its output or error to bytes.
import type { Readable } from "node:stream";
import type { OperationModel, Protocol, StructureShape } from "../../../../contract/model.ts";
import type { StreamedBody } from "../../core/body.ts";
import type { ApiError } from "../../core/errors.ts";
import type { QueryParameter } from "../request.ts";

export type WireProtocol = Protocol;

/** An operation as codecs see it. */
export interface CodecOperation {
  readonly name: string;
  readonly model: OperationModel;
  readonly input: StructureShape | undefined;
  readonly output: StructureShape | undefined;
}

/** The parts of a request that hold members. */
export interface Source {
  readonly headers: Readonly<Record<string, string>>;
  readonly query: readonly QueryParameter[];
  readonly labels: Readonly<Record<string, string>>;
  readonly body: Buffer | StreamedBody;
  /** Parameters of a form: body or query string of the query protocol. */
  readonly form: readonly QueryParameter[];
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | Readable | undefined;
}

export interface Codec {
  /** @throws ApiError SerializationFailure */
  decode(operation: CodecOperation, source: Source): Record<string, unknown>;
  encode(operation: CodecOperation, output: object, requestId: string): Answer;
  encodeError(error: ApiError, about: ErrorContext): Answer;
}

export interface ErrorContext {
  readonly requestId: string;
  /** Path that was asked, shown in S3's error document. */
  readonly resource: string;
}
