/** Listens on addresses and makes a connection and a session of every socket that comes in. */
import { createServer, type Server, type Socket } from "node:net";
import type { ServerContext } from "../commands/server-context.ts";
import { newSession } from "../commands/session.ts";
import { ReplyWriter } from "../protocol/reply-writer.ts";
import { RequestDecoder } from "../protocol/request-decoder.ts";
import type { Executor } from "../server/executor.ts";
import { Connection } from "./connection.ts";

export interface ListenOptions {
  readonly port: number;
  /** Addresses to bind to; empty: all of them. */
  readonly hosts: readonly string[];
  readonly server: ServerContext;
  readonly executor: Executor;
}

export interface Listener {
  /** The port that was bound; what was asked for, or what the system chose for 0. */
  readonly port: number;
  /** Takes no further connections and ends those there are. */
  close(): Promise<void>;
}

/** Resolves once all addresses are bound. @throws Error of the system when one cannot be */
export async function listen(options: ListenOptions): Promise<Listener> {
  const connections = new Set<Connection>();
  const writer = new ReplyWriter();
  let latestId = 0;
  const accept = (socket: Socket): void => {
    latestId += 1;
    connections.add(
      connect(
        { socket, id: latestId, writer, onClosed: (connection) => connections.delete(connection) },
        options,
      ),
    );
  };
  const servers: Server[] = [];
  let port = options.port;
  for (const host of options.hosts.length > 0 ? options.hosts : [undefined]) {
    const server = createServer({ noDelay: true }, accept);
    servers.push(server);
    port = await bind(server, port, host);
  }
  const close = async (): Promise<void> => {
    for (const connection of connections) connection.destroy();
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  };
  return { port, close };
}

function bind(server: Server, port: number, host: string | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

interface Accepted {
  readonly socket: Socket;
  readonly id: number;
  readonly writer: ReplyWriter;
  readonly onClosed: (connection: Connection) => void;
}

function connect({ socket, id, writer, onClosed }: Accepted, options: ListenOptions): Connection {
  const { server, executor } = options;
  const session = newSession({
    id,
    address: `${socket.remoteAddress}:${socket.remotePort}`,
    localAddress: `${socket.localAddress}:${socket.localPort}`,
    nowMs: server.clock.now(),
    isAuthenticated: server.config.get("requirepass") === "",
  });
  const connection: Connection = new Connection({
    socket,
    session,
    executor,
    decoder: new RequestDecoder(),
    writer,
    onClosed: () => {
      server.watches.unwatch(session);
      server.sessions.remove(session);
      onClosed(connection);
    },
  });
  server.sessions.add(session, () => connection.destroy());
  server.statistics.connectionCount += 1;
  return connection;
}
