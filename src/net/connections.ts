/** All connections: who is let in, what each learns of the configuration, and how they end. */
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Log } from "../base/log.ts";
import { newSession, type Session } from "../clients/session.ts";
import { userOfCertificate } from "../clients/users/certificate-user.ts";
import type { User } from "../clients/users/user.ts";
import type { ServerContext } from "../commands/server-context.ts";
import { rateSampler } from "../metrics/statistics.ts";
import * as errors from "../protocol/errors.ts";
import type { ReplyError } from "../protocol/reply-error.ts";
import { ReplyWriter } from "../protocol/reply-writer.ts";
import { RequestDecoder } from "../protocol/request-decoder.ts";
import type { Executor } from "../server/executor.ts";
import { ordinarySocket, pooledSocket } from "./accepted-socket.ts";
import { Connection } from "./connection.ts";

/** How often limits in time are looked at. */
const SWEEP_MS = 1000;

/** How long a client may take nothing of its replies when the server ends. */
const STUCK_MS = 1000;

export interface ConnectionsOptions {
  readonly server: ServerContext;
  readonly executor: Executor;
  readonly log: Log;
}

export interface Connections {
  /** Makes a connection of a socket that came in, or turns it away. `commonName` is that of a client's certificate. */
  accept(socket: Socket, commonName?: string): void;
  /** Whether there are as many as there may be, with so many that are on their way in. */
  isFull(pendingCount: number): boolean;
  /**
   * Ends all connections behind their replies. A client that takes nothing for a second is cut off, and after
   * `waitMs` so is one that has not taken all.
   */
  close(waitMs: number): Promise<void>;
  /** Ends all connections at once. */
  abandon(): void;
}

export function connections(options: ConnectionsOptions): Connections {
  const { server, executor, log } = options;
  const open = new Set<Connection>();
  const writer = new ReplyWriter();
  let cancelSweep: () => void = () => undefined;
  let onEmpty: (() => void) | undefined;

  const sampleRates = rateSampler(server.statistics, server.clock.now());
  const sweep = () => {
    const nowMs = server.clock.now();
    sampleRates(nowMs);
    for (const connection of open) connection.sweep(nowMs);
    cancelSweep = server.clock.wakeAt(nowMs + SWEEP_MS, sweep, "housekeeping");
  };
  sweep();

  const accept = (incoming: Socket, commonName?: string): void => {
    executor.noteAccepted();
    const user = userOfCertificate(server.config, server.users, commonName);
    const denial = denialOf(incoming, server, user ?? server.users.default);
    if (denial !== undefined) {
      server.statistics.rejectedConnectionCount += 1;
      turnAway(incoming, denial);
      return;
    }
    const accepted = incoming instanceof TLSSocket ? ordinarySocket(incoming) : pooledSocket(incoming);
    const { socket } = accepted;
    const session = sessionOf(socket, server.sessions.nextId(), server, user);
    const connection: Connection = new Connection({
      accepted,
      session,
      executor,
      decoder: new RequestDecoder(),
      writer,
      config: server.config,
      users: server.users,
      statistics: server.statistics,
      onEnded: () => {
        server.watches.unwatch(session);
        server.subscriptions.forget(session);
        server.monitors.remove(session);
        server.tracking.disable(session);
        server.sessions.remove(session);
      },
      onClosed: () => {
        open.delete(connection);
        if (open.size === 0) onEmpty?.();
      },
      onLimit: (why) => log(`${session.address} (id ${session.id}): ${why}`, "verbose"),
    });
    const keepAliveSeconds = server.config.get("tcp-keepalive");
    if (keepAliveSeconds > 0) socket.setKeepAlive(true, keepAliveSeconds * 1000);
    open.add(connection);
    server.sessions.add(session, connection);
    const { statistics } = server;
    statistics.connectionCount += 1;
    statistics.sessionCountPeak = Math.max(statistics.sessionCountPeak, server.sessions.size);
    log(`Accepted ${session.address}`, "verbose");
  };

  const close = async (waitMs: number): Promise<void> => {
    cancelSweep();
    for (const connection of open) connection.finish();
    if (open.size === 0) return;
    const untilMs = server.clock.now() + waitMs;
    await new Promise<void>((resolve) => {
      let cancel: () => void;
      const look = () => {
        const nowMs = server.clock.now();
        for (const connection of open) {
          if (nowMs >= untilMs) connection.close();
          else connection.closeIfStuck();
        }
        cancel = server.clock.wakeAt(Math.min(nowMs + STUCK_MS, untilMs), look);
      };
      onEmpty = () => {
        cancel();
        resolve();
      };
      look();
    });
  };
  const isFull = (pendingCount: number): boolean =>
    server.sessions.size + pendingCount >= server.config.get("maxclients");
  const abandon = (): void => {
    cancelSweep();
    for (const connection of [...open]) connection.close();
  };
  return { accept, isFull, close, abandon };
}

/** The refusal of a client that is not let in; undefined when it is. */
function denialOf(
  socket: Socket,
  { config, sessions, userLimits, users }: ServerContext,
  user: User,
): ReplyError | undefined {
  if (sessions.size >= config.get("maxclients")) return errors.tooManyClients();
  if (config.get("protected-mode") && users.default.rules.hasNoPassword && !isLocal(socket.remoteAddress)) {
    return errors.deniedByProtectedMode();
  }
  // A client that has yet to log in is counted as the user that it logs in as.
  const isLoggedIn = user !== users.default || !users.needsLogin;
  if (isLoggedIn && !userLimits.admitsConnection(user)) return errors.tooManyConnections(user.name);
  return undefined;
}

/** Whether the address is one of this host's own; a Unix socket has none. */
function isLocal(address: string | undefined): boolean {
  return address === undefined || /^(?:127\.|::1$|::ffff:127\.)/.test(address);
}

function turnAway(socket: Socket, { message }: ReplyError): void {
  // It may be gone already; there is nobody else to tell.
  socket.on("error", () => socket.destroy());
  // What it has sent is read: the system would drop the refusal otherwise.
  socket.resume();
  socket.end(`-${message}\r\n`, () => socket.destroy());
}

function sessionOf(
  socket: Socket,
  id: number,
  { config, clock, users }: ServerContext,
  named: User | undefined,
): Session {
  const path = config.get("unixsocket");
  const isUnix = socket.remoteAddress === undefined;
  return newSession({
    id,
    address: isUnix ? `${path}:0` : addressOf(socket.remoteAddress, socket.remotePort),
    localAddress: isUnix ? `${path}:0` : addressOf(socket.localAddress, socket.localPort),
    isSecure: socket instanceof TLSSocket,
    nowMs: clock.now(),
    user: named ?? users.default,
    isAuthenticated: named !== undefined || !users.needsLogin,
  });
}

function addressOf(host: string | undefined, port: number | undefined): string {
  return host?.includes(":") === true ? `[${host}]:${port}` : `${host}:${port}`;
}
