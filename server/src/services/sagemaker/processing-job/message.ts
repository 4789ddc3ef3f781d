// The exit message: what programs wrote to /opt/ml/output/message (container contract of processing). Pure.

/** Bytes of an ExitMessage. */
export const MESSAGE_BYTES = 1024;

/** The first bytes that one host wrote. Give one byte more than MESSAGE_BYTES, if there is one. */
export interface HostMessage {
  readonly host: string;
  readonly bytes: Uint8Array;
}

/** Messages of hosts one after another, 1 KB of them; `notText`: the host whose message is not UTF-8. */
export function exitMessage(
  messages: readonly HostMessage[],
): { readonly text: string | undefined } | { readonly notText: string } {
  const texts: string[] = [];
  for (const { host, bytes } of messages) {
    const text = decoded(bytes);
    if (text === undefined) return { notText: host };
    texts.push(text);
  }
  const text = decoded(Buffer.from(texts.join(""))) ?? "";
  return { text: text === "" ? undefined : text };
}

/** Undefined for what is not UTF-8. A character that the cut goes through is left out. */
function decoded(bytes: Uint8Array): string | undefined {
  const isCut = bytes.length > MESSAGE_BYTES;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, MESSAGE_BYTES), {
      stream: isCut,
    });
  } catch {
    return undefined;
  }
}

export const messageProblem = (host: string): string =>
  `ClientError: The exit message that the program on ${host} wrote to /opt/ml/output/message is not UTF-8.`;
