// What a connection speaks is told by its first byte: TLS begins with 0x16, which no HTTP request does. Both are
// answered by the same HTTP server, on the same port; so is what comes through CONNECT.
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type SecureContext, TLSSocket } from "node:tls";
import type { Log } from "../../core/log.ts";
import type { Certificates } from "./certificates.ts";
import { answerConnect } from "./connect.ts";
import { type AwsNames, readName } from "./names.ts";
import { Refusal, refuse } from "./refusal.ts";
import type { Tunnels } from "./tunnel.ts";

/** RFC 8446, 5.1: the content type `handshake`. */
const HANDSHAKE = 0x16;
/** As long as the HTTP server gives a head that does not come. */
const FIRST_BYTE_MS = 30_000;
/** A handshake is two messages of the client's. */
const HANDSHAKE_MS = 10_000;

export interface FrontParts {
  readonly names: AwsNames;
  readonly certificates: Certificates;
  readonly tunnels: Tunnels;
  readonly log: Log;
  readonly isLoopback: (address: string | undefined) => boolean;
}

export interface Front {
  /** Ends what the HTTP server does not know of: tunnels, and connections that have not said yet what they speak. */
  close(): void;
}

/** Puts itself between the connections of a server and its HTTP. */
export function openFront(server: Server, parts: FrontParts): Front {
  const early = new Set<Duplex>();
  const [acceptHttp] = server.listeners("connection");
  if (acceptHttp === undefined) throw new Error("An HTTP server has a listener for its connections.");
  server.removeAllListeners("connection");
  const accept = (socket: Socket) => acceptHttp.call(server, socket);

  const isEarly = (socket: Duplex, limitMs: number): (() => void) => {
    const end = () => socket.destroy();
    const timer = setTimeout(end, limitMs);
    const stop = () => {
      clearTimeout(timer);
      early.delete(socket);
      socket.off("end", end).off("error", end).off("close", stop);
    };
    early.add(socket);
    socket.on("end", end).on("error", end).on("close", stop);
    return stop;
  };

  const startTls = async (socket: Duplex, name?: string): Promise<void> => {
    // Below TLS it goes on being an emitter of errors.
    socket.on("error", () => socket.destroy());
    const isKnown = isEarly(socket, HANDSHAKE_MS);
    const context = await parts.certificates.contextFor(name === undefined ? namesOfAddress(socket) : [name]);
    if (socket.destroyed) return;
    if (name !== undefined) socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
    const secure = new TLSSocket(socket, {
      isServer: true,
      secureContext: context,
      ALPNProtocols: ["http/1.1"],
      SNICallback: (asked, done) => {
        contextOf(parts, asked, name).then(
          (found) => done(null, found),
          (cause: Error) => done(cause),
        );
      },
    });
    const isDone = isEarly(secure, HANDSHAKE_MS);
    secure.once("secure", () => {
      isKnown();
      isDone();
      accept(secure);
    });
  };

  const refuseTls = (socket: Duplex, cause: unknown): void => {
    parts.log.error("A TLS connection could not be answered.", { cause });
    socket.destroy();
  };

  server.on("connection", (socket: Socket) => {
    const isKnown = isEarly(socket, FIRST_BYTE_MS);
    socket.once("data", (first: Buffer) => {
      isKnown();
      socket.pause();
      socket.unshift(first);
      if (first[0] === HANDSHAKE) startTls(socket).catch((cause: unknown) => refuseTls(socket, cause));
      else {
        accept(socket);
        socket.resume();
      }
    });
  });

  server.on("connect", (request: IncomingMessage, caller: Duplex, head: Buffer) => {
    (caller as Socket).setTimeout(0);
    caller.on("error", () => caller.destroy());
    answerConnect({ ...parts, answerAs: startTls }, request, caller, head).catch((cause: unknown) => {
      if (!(cause instanceof Refusal)) parts.log.error("A CONNECT could not be answered.", { cause });
      refuse(caller, cause instanceof Refusal ? cause : new Refusal(500, (cause as Error).message));
    });
  });

  return {
    close() {
      for (const socket of early) socket.destroy();
      parts.tunnels.close();
    },
  };
}

/** Whoever asks for no name has an address: this machine's, by which it came. */
function namesOfAddress(socket: Duplex): readonly string[] {
  const { localAddress } = socket as Socket;
  const plain = localAddress?.replace(/^::ffff:/, "");
  const own = plain !== undefined && /^127\./.test(plain) ? [plain] : [];
  return [...new Set(["localhost", "127.0.0.1", "::1", ...own])];
}

/** The certificate for the name in a ClientHello; after CONNECT it has to be the name that was connected to. */
async function contextOf(parts: FrontParts, asked: string, connected: string | undefined): Promise<SecureContext> {
  const name = readName(asked);
  const isOurs =
    name !== undefined &&
    (connected === undefined
      ? parts.names.isServed(name) || name === "localhost" || name.endsWith(".localhost")
      : name === connected);
  if (!isOurs) throw new Refusal(421, `There is no certificate for ${JSON.stringify(asked.slice(0, 300))} here.`);
  return parts.certificates.contextFor(name === "localhost" ? ["localhost", "127.0.0.1", "::1"] : [name]);
}
