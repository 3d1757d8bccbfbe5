/** The line that CLIENT LIST and CLIENT INFO print of a session. */

import { isSubscriber, type Session } from "../../clients/session.ts";
import { bytesOfArguments } from "../arguments.ts";
import type { ServerContext } from "../server-context.ts";

/** What a session takes beside its buffers, roughly. */
const SESSION_BYTES = 4096;
/** What a subscription, or a key that is watched, takes, roughly. */
const ENTRY_BYTES = 128;

/** `field=value` pairs in Redis' order, and a line break. `args`: the request it has in hand, if it asks. */
export function clientLine(
  session: Session,
  server: ServerContext,
  nowMs: number,
  args: readonly Buffer[] = [],
): string {
  const { sessions, waiters } = server;
  const connection = sessions.connectionOf(session);
  const queryBytes = (connection?.queryBytes ?? 0) + requestBytes(args);
  const freeBytes = connection?.queryFreeBytes ?? 0;
  const argumentBytes = (connection?.argumentBytes ?? 0) + session.waitingBytes + bytesOfArguments(args);
  const outputBytes = connection?.outputBytes ?? 0;
  const { channel, pattern, shard } = session.subscriptions;
  const entries = channel.size + pattern.size + shard.size + session.watched.size;
  const buffers = queryBytes + freeBytes + session.waitingBytes + outputBytes + session.queueBytes;
  const fields: ReadonlyArray<readonly [name: string, value: string | number]> = [
    ["id", session.id],
    ["addr", session.address],
    ["laddr", session.localAddress],
    ["fd", connection?.descriptor ?? -1],
    ["name", session.name],
    ["age", seconds(nowMs - session.createdAtMs)],
    ["idle", seconds(nowMs - session.lastRequestAtMs)],
    ["flags", flags(session, waiters.isWaiting(session.id) || waiters.isHeld(session.id))],
    ["db", session.database],
    ["sub", channel.size],
    ["psub", pattern.size],
    ["ssub", shard.size],
    ["multi", session.queue?.length ?? -1],
    ["qbuf", queryBytes],
    ["qbuf-free", freeBytes],
    ["argv-mem", argumentBytes],
    ["multi-mem", session.queueBytes],
    // Replies have no buffer of their own here: what the client has not taken is in the socket's.
    ["rbs", 0],
    ["rbp", 0],
    ["obl", 0],
    ["oll", outputBytes > 0 ? 1 : 0],
    ["omem", outputBytes],
    ["tot-mem", SESSION_BYTES + buffers + entries * ENTRY_BYTES],
    ["events", outputBytes > 0 ? "rw" : "r"],
    ["cmd", session.lastCommand],
    ["user", Buffer.from(session.user.name, "latin1").toString("utf8")],
    ["redir", session.tracking?.redirect ?? -1],
    ["resp", session.protocol],
    ["lib-name", session.libraryName],
    ["lib-ver", session.libraryVersion],
  ];
  return `${fields.map(([name, value]) => `${name}=${value}`).join(" ")}\n`;
}

/** What a request takes in the protocol. */
function requestBytes(args: readonly Buffer[]): number {
  if (args.length === 0) return 0;
  const header = (count: number) => String(count).length + 3;
  return args.reduce((sum, { length }) => sum + header(length) + length + 2, header(args.length));
}

function seconds(milliseconds: number): number {
  return Math.max(0, Math.floor(milliseconds / 1000));
}

/**
 * Redis' letters: O monitors, r reads from replicas, P subscriber, x in MULTI, b waits, t tracked, R its redirection is broken, B with BCAST, d a watched key was changed, e no eviction, T no touch, U Unix
 * socket, N none.
 */
function flags(session: Session, isWaiting: boolean): string {
  const letters = [
    session.isMonitor ? "O" : "",
    session.isReplicaReader ? "r" : "",
    isSubscriber(session) ? "P" : "",
    session.queue === undefined ? "" : "x",
    isWaiting ? "b" : "",
    session.tracking === undefined ? "" : "t",
    session.tracking?.isRedirectBroken === true ? "R" : "",
    session.tracking?.isBroadcast === true ? "B" : "",
    session.isWatchBroken ? "d" : "",
    session.isClosing ? "c" : "",
    session.address.startsWith("/") ? "U" : "",
    session.isNoEvict ? "e" : "",
    session.isNoTouch ? "T" : "",
  ].join("");
  return letters === "" ? "N" : letters;
}
