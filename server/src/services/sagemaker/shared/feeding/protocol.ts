// What the server and a feeder tell each other over the feeder's socket: a line of JSON for each message.
import type { Socket } from "node:net";
import type { HeldFile } from "../../../../core/ports.ts";
import type { PlannedObject } from "./plan.ts";

/** `hold` asks for an object, by a number that `release` gives back; without an etag, whatever version there is. */
export type FeederMessage =
  | { readonly hold: number; readonly object: Omit<PlannedObject, "etag"> & { readonly etag?: string } }
  | { readonly release: number }
  /** Feeding cannot go on. `isOurs`: by no fault of the job's. */
  | { readonly failed: string; readonly isOurs: boolean };

export type HoldAnswer =
  | { readonly hold: number; readonly pieces: readonly SentPiece[]; readonly sizeBytes: number }
  | { readonly hold: number; readonly failure: string; readonly isOurs: boolean };

/** `end`: the program has ended, and so may the feeder. */
export type ServerMessage = HoldAnswer | { readonly end: true };

export type SentPiece = SentFile | { readonly base64: string };

/** As a held file; the key of one that is sealed comes as base64 and is written nowhere. */
export interface SentFile extends Omit<HeldFile, "sealed"> {
  readonly sealed?: { readonly key: string; readonly sizeBytes: number };
}

/**
 * Begins to read; the result sends. What is sent to one that has gone away is lost, and so is the beginning of a line by
 * one that was killed.
 */
export function talk<In, Out>(socket: Socket, hear: (message: In) => void): (message: Out) => void {
  socket.on("error", () => undefined); // `close` follows, and whoever talks looks at that
  let begun = "";
  socket.setEncoding("utf8").on("data", (text: string) => {
    const lines = text.split("\n");
    lines[0] = begun + lines[0];
    begun = lines.pop() ?? "";
    for (const line of lines) hear(JSON.parse(line) as In);
  });
  return (message) => void (socket.writable && socket.write(`${JSON.stringify(message)}\n`));
}
