/** One listening socket: how an address is bound, and what may be wrong with it. */
import { chmodSync, rmSync, statSync } from "node:fs";
import { createServer, type ListenOptions, type Server, type Socket } from "node:net";
import { addressText, bindAddress, isAddressMissing } from "../config/bind-address.ts";

/** What a client speaks on a socket: plain text over TCP, TLS, or plain text over a Unix socket. */
export type ListenerKind = "tcp" | "tls" | "unix";

/** An address to listen on. */
export type Place =
  | {
      readonly kind: "tcp" | "tls";
      /** An address as the directive `bind` has it: `*` for all of IPv4, `-` before one that may be missing. */
      readonly host: string;
      /** 0 lets the system choose one. */
      readonly port: number;
    }
  | {
      readonly kind: "unix";
      readonly path: string;
      /** 0 leaves them to the umask. */
      readonly permissions: number;
    };

/** A place that is bound. */
export interface Listener {
  readonly place: Place;
  /** The port that was bound; 0 for a Unix socket. */
  readonly port: number;
  /** As an operator reads it. */
  readonly address: string;
  /** Takes no further connections, and resolves when the address is free. The connections there are go on. */
  close(): Promise<void>;
}

/** An address that cannot be listened on; the message is for the operator. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

export interface ListenSettings {
  /** Connections the system may queue before they are accepted. */
  readonly backlog: number;
  readonly onSocket: (socket: Socket, kind: ListenerKind) => void;
}

/** Binds a place; undefined when its address is not there and may be missing. @throws ListenError */
export function listen(place: Place, settings: ListenSettings): Promise<Listener | undefined> {
  return place.kind === "unix" ? listenUnix(place, settings) : listenTcp(place, settings);
}

async function listenTcp(
  place: Place & { readonly kind: "tcp" | "tls" },
  { backlog, onSocket }: ListenSettings,
): Promise<Listener | undefined> {
  const { named, host, isOptional } = bindAddress(place.host);
  const { kind, port } = place;
  try {
    // `ipv6Only`, or the wildcard of IPv6 would take IPv4's connections too and the second address would be in use.
    const server = await bind({ host, port, backlog, ipv6Only: host.includes(":") }, kind, onSocket);
    const address = server.address();
    const bound = typeof address === "object" && address !== null ? address.port : port;
    return {
      place,
      port: bound,
      address: addressText(host, bound),
      close: () => closed(server),
    };
  } catch (error) {
    if (isOptional && isAddressMissing(error)) return undefined;
    throw new ListenError(
      `Could not create server TCP listening socket ${named}:${port}: ${reasonOf(error)}; failed listening on port ${port} (${kind}), aborting.`,
    );
  }
}

async function listenUnix(
  place: Place & { readonly kind: "unix" },
  { backlog, onSocket }: ListenSettings,
): Promise<Listener> {
  const { path, permissions } = place;
  try {
    // What a server that was killed has left; a file that is no socket is not ours to remove.
    if (statSync(path, { throwIfNoEntry: false })?.isSocket() === true) rmSync(path);
    const server = await bind({ path, backlog }, "unix", onSocket);
    if (permissions !== 0) chmodSync(path, permissions);
    return { place, port: 0, address: path, close: () => closed(server) };
  } catch (error) {
    throw new ListenError(`Failed opening Unix socket ${path}: ${reasonOf(error)}`);
  }
}

function bind(
  options: ListenOptions,
  kind: ListenerKind,
  onSocket: ListenSettings["onSocket"],
): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(
      {
        noDelay: true,
        // Half-open sockets are ours to end: a client may close its side and still wait for replies.
        allowHalfOpen: true,
        // Who takes the socket over decides how it is read (accepted-socket.ts).
        pauseOnConnect: kind !== "tls",
      },
      (socket) => onSocket(socket, kind),
    );
    server.once("error", reject);
    server.listen(options, () => {
      server.off("error", reject);
      // A connection that could not be accepted (EMFILE) is not the end of the server.
      server.on("error", () => undefined);
      resolve(server);
    });
  });
}

/** The address is free at once; the server's own end waits for the connections it has accepted. */
function closed(server: Server): Promise<void> {
  server.close();
  return new Promise((resolve) => setImmediate(resolve));
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
