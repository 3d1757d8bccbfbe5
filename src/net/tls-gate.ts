/**
 * The way from a socket that came in on `tls-port` to one that speaks TLS. The directives may change and the files be
 * read anew at any time: connections that are open keep what they began with, the next one gets the new.
 */
import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { createServer, type PeerCertificate, type Server, type TLSSocket } from "node:tls";
import type { TlsSettings } from "./tls-options.ts";

/** How long a client may take to agree on keys. */
const HANDSHAKE_MS_MAX = 10_000;
const TICKET_KEYS_BYTES = 48;

export interface TlsGateOptions {
  /** A client has come through; `commonName` is that of its certificate, if it has shown one. */
  readonly onSecure: (socket: TLSSocket, commonName: string | undefined) => void;
  /** A client was turned away, and why. */
  readonly onRefused: (why: string, socket: Socket) => void;
}

export class TlsGate {
  readonly #options: TlsGateOptions;
  /** Does not listen: it is handed sockets. */
  #server: Server | undefined;
  readonly #pending = new Map<string, Socket>();

  constructor(options: TlsGateOptions) {
    this.#options = options;
  }

  /** Clients that have not come through yet. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /** From now on this holds for new connections. */
  configure(settings: TlsSettings): void {
    const { authentication, sessionTimeout } = settings;
    const server = createServer({
      ...settings.context,
      requestCert: authentication !== "no",
      // One that may be shown is looked at below: Node would refuse who shows none.
      rejectUnauthorized: authentication === "yes",
      honorCipherOrder: settings.prefersOwnCiphers,
      handshakeTimeout: HANDSHAKE_MS_MAX,
      // New with each reading of the files: a session that is resumed was let in by what held then.
      ticketKeys: randomBytes(TICKET_KEYS_BYTES),
      ...(sessionTimeout === 0 ? {} : { sessionTimeout }),
    });
    server.on("secureConnection", (socket: TLSSocket) => this.#secured(socket, authentication === "no"));
    server.on("tlsClientError", (error: Error, socket: TLSSocket) => {
      this.#options.onRefused(reasonOf(socket) ?? error.message, socket);
      socket.destroy();
    });
    this.#server = server;
  }

  /** Takes a socket that came in. `configure` has been called before. */
  accept(socket: Socket): void {
    // Until keys are agreed on, a client that closes its side is gone.
    socket.allowHalfOpen = false;
    const name = endsOf(socket);
    this.#pending.set(name, socket);
    socket.once("close", () => this.#pending.delete(name));
    this.#server?.emit("connection", socket);
  }

  /** Ends the handshakes that go on. */
  close(): void {
    for (const socket of this.#pending.values()) socket.destroy();
  }

  #secured(socket: TLSSocket, asksNobody: boolean): void {
    this.#pending.delete(endsOf(socket));
    // As on other sockets: it may close its side and still wait for replies.
    socket.allowHalfOpen = true;
    // An object without any field when the client has shown none.
    const shown: Partial<PeerCertificate> = asksNobody ? {} : socket.getPeerCertificate();
    if (shown.subject !== undefined && !socket.authorized) {
      this.#options.onRefused(reasonOf(socket) ?? "the certificate is not good", socket);
      socket.destroy();
      return;
    }
    const name: unknown = shown.subject?.CN;
    // A certificate with several names names nobody.
    this.#options.onSecure(socket, typeof name === "string" ? name : undefined);
  }
}

/** Why a certificate was not taken, in the words of OpenSSL. */
function reasonOf({ authorizationError }: TLSSocket): string | undefined {
  const code: unknown = authorizationError;
  return code === undefined || code === null ? undefined : String(code);
}

/** The same for a socket and for the one that speaks TLS over it. */
function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
