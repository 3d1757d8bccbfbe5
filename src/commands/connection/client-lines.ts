/** The line that CLIENT LIST and CLIENT INFO print of a session. */

import { isSubscriber, type Session } from "../../clients/session.ts";
import type { ServerContext } from "../server-context.ts";

/** What a session takes beside its buffers, roughly. */
const SESSION_BYTES = 4096;

/** `field=value` pairs in Redis' order, and a line break. */
export function clientLine(session: Session, { sessions, waiters }: ServerContext, nowMs: number): string {
  const connection = sessions.connectionOf(session);
  const queryBytes = connection?.queryBytes ?? 0;
  const outputBytes = connection?.outputBytes ?? 0;
  const fields: ReadonlyArray<readonly [name: string, value: string | number]> = [
    ["id", session.id],
    ["addr", session.address],
    ["laddr", session.localAddress],
    // Sockets are not numbered here; the field is there for those who parse it.
    ["fd", -1],
    ["name", session.name],
    ["age", seconds(nowMs - session.createdAtMs)],
    ["idle", seconds(nowMs - session.lastRequestAtMs)],
    ["flags", flags(session, waiters.isWaiting(session.id))],
    ["db", session.database],
    ["sub", session.subscriptions.channel.size],
    ["psub", session.subscriptions.pattern.size],
    ["ssub", session.subscriptions.shard.size],
    ["multi", session.queue?.length ?? -1],
    ["qbuf", queryBytes],
    ["qbuf-free", 0],
    ["argv-mem", 0],
    ["multi-mem", session.queueBytes],
    ["rbs", 0],
    ["rbp", 0],
    ["obl", 0],
    ["oll", outputBytes > 0 ? 1 : 0],
    ["omem", outputBytes],
    ["tot-mem", SESSION_BYTES + queryBytes + outputBytes + session.queueBytes],
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

function seconds(milliseconds: number): number {
  return Math.max(0, Math.floor(milliseconds / 1000));
}

/**
 * Redis' letters: O monitors, P subscriber, x in MULTI, b waits, t tracked, R its redirection is broken, B with BCAST, d a watched key was changed, e no eviction, T no touch, U Unix
 * socket, N none.
 */
function flags(session: Session, isWaiting: boolean): string {
  const letters = [
    session.isMonitor ? "O" : "",
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
