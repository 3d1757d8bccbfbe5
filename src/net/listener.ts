/** Listens on addresses and Unix sockets, and hands every socket that comes in to whoever asked. */
import { chmodSync, rmSync, statSync } from "node:fs";
import { createServer, type ListenOptions as NodeListenOptions, type Server, type Socket } from "node:net";

export interface ListenOptions {
  /** TCP port; 0 lets the system choose one, undefined is for none. */
  readonly port: number | undefined;
  /** Addresses as the directive `bind` has them: `*` for all of IPv4, `-` before one that may be missing. */
  readonly hosts: readonly string[];
  /** Connections the system may queue before they are accepted. */
  readonly backlog: number;
  /** `permissions` 0 leaves them to the umask. */
  readonly unixSocket: { readonly path: string; readonly permissions: number } | undefined;
  readonly onSocket: (socket: Socket) => void;
}

export interface Listener {
  /** The port that was bound; 0 when there is none. */
  readonly port: number;
  /** Where it listens, as an operator reads it. */
  readonly addresses: readonly string[];
  /** "tcp", "unix" or both. */
  readonly kinds: ReadonlyArray<"tcp" | "unix">;
  /** Takes no further connections. Those there are go on. */
  close(): void;
}

/** An address that cannot be listened on; the message is for the operator. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

/** Resolves once all addresses are bound. @throws ListenError when one cannot be */
export async function listen(options: ListenOptions): Promise<Listener> {
  const servers: Server[] = [];
  const close = () => {
    for (const server of servers) server.close();
  };
  try {
    const tcp = await listenTcp(options, servers);
    const unix = await listenUnix(options, servers);
    if (servers.length === 0) throw new ListenError("Configured to not listen anywhere, exiting.");
    const kinds = [
      ...(tcp.addresses.length > 0 ? ["tcp" as const] : []),
      ...(unix === undefined ? [] : ["unix" as const]),
    ];
    const addresses = [...tcp.addresses, ...(unix === undefined ? [] : [unix])];
    return { port: tcp.port, addresses, kinds, close };
  } catch (error) {
    close();
    throw error;
  }
}

async function listenTcp({ port, hosts, backlog, onSocket }: ListenOptions, servers: Server[]) {
  const addresses: string[] = [];
  let bound = port ?? 0;
  if (port === undefined) return { port: 0, addresses };
  for (const word of hosts) {
    const isOptional = word.startsWith("-");
    const named = isOptional ? word.slice(1) : word;
    const host = named === "*" ? "0.0.0.0" : named;
    try {
      // `ipv6Only`, or the wildcard of IPv6 would take IPv4's connections too and the second address would be in use.
      const server = await bind({ host, port: bound, backlog, ipv6Only: host.includes(":") }, onSocket);
      servers.push(server);
      const address = server.address();
      if (typeof address === "object" && address !== null) bound = address.port;
      addresses.push(host.includes(":") ? `[${host}]:${bound}` : `${host}:${bound}`);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "";
      if (isOptional && MISSING.has(code)) continue;
      throw new ListenError(
        `Could not create server TCP listening socket ${named}:${bound}: ${reasonOf(error)}; failed listening on port ${bound} (tcp), aborting.`,
      );
    }
  }
  return { port: addresses.length > 0 ? bound : 0, addresses };
}

/** What the system says of an address it does not have. */
const MISSING = new Set([
  "EADDRNOTAVAIL",
  "EAFNOSUPPORT",
  "EPROTONOSUPPORT",
  "ENOPROTOOPT",
  "ENOTFOUND",
  "EINVAL",
]);

async function listenUnix({ unixSocket, backlog, onSocket }: ListenOptions, servers: Server[]) {
  if (unixSocket === undefined) return undefined;
  const { path, permissions } = unixSocket;
  try {
    // What a server that was killed has left; a file that is no socket is not ours to remove.
    if (statSync(path, { throwIfNoEntry: false })?.isSocket() === true) rmSync(path);
    servers.push(await bind({ path, backlog }, onSocket));
    if (permissions !== 0) chmodSync(path, permissions);
  } catch (error) {
    throw new ListenError(`Failed opening Unix socket ${path}: ${reasonOf(error)}`);
  }
  return path;
}

function bind(options: NodeListenOptions, onSocket: (socket: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    // Half-open sockets are ours to end: a client may close its side and still wait for replies.
    const server = createServer({ noDelay: true, allowHalfOpen: true }, onSocket);
    server.once("error", reject);
    server.listen(options, () => {
      server.off("error", reject);
      resolve(server);
    });
  });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
