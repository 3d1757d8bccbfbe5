/**
 * MONITOR: sessions that are shown every request the server runs, in the form Redis gives them. A request is shown
 * after it has run, those of a transaction before its EXEC. Its arguments are shown as they came, without those that
 * are secret, and an argument of great length is cut, so that what a slow reader has not taken stays bounded.
 */
import { simple } from "../protocol/reply.ts";
import type { PushQueue } from "./push-queue.ts";
import type { Session } from "./session.ts";

/** What of an argument is shown at most. */
const ARGUMENT_BYTES_MAX = 1 << 16;

export interface MonitoredRequest {
  readonly session: Session;
  readonly args: readonly Buffer[];
  readonly nowMs: number;
  /** A script runs it. */
  readonly isScripted: boolean;
}

export class Monitors {
  readonly #pushes: PushQueue;
  readonly #sessions = new Set<Session>();

  constructor(pushes: PushQueue) {
    this.#pushes = pushes;
  }

  get size(): number {
    return this.#sessions.size;
  }

  add(session: Session): void {
    session.isMonitor = true;
    this.#sessions.add(session);
  }

  remove(session: Session): void {
    session.isMonitor = false;
    this.#sessions.delete(session);
  }

  /** Shows a request to all of them. */
  tell(request: MonitoredRequest): void {
    const reply = simple(monitorLine(request));
    for (const receiver of this.#sessions) this.#pushes.add({ receiver, reply, dependsOnCommit: false });
  }
}

/** `1795966666.448338 [0 127.0.0.1:50000] "SET" "k" "v"` */
function monitorLine({ session, args, nowMs, isScripted }: MonitoredRequest): string {
  const microseconds = Math.round(nowMs * 1000);
  const at = `${Math.floor(microseconds / 1e6)}.${String(microseconds % 1e6).padStart(6, "0")}`;
  if (isScripted) return `${at} [${session.database} lua] ${args.map(quoted).join(" ")}`;
  const from = session.address.startsWith("/") ? `unix:${session.address.slice(0, -2)}` : session.address;
  return `${at} [${session.database} ${from}] ${args.map(quoted).join(" ")}`;
}

function quoted(arg: Buffer): string {
  if (arg.length <= ARGUMENT_BYTES_MAX) return `"${escaped(arg)}"`;
  return `"${escaped(arg.subarray(0, ARGUMENT_BYTES_MAX))}... (${arg.length - ARGUMENT_BYTES_MAX} more bytes)"`;
}

function escaped(arg: Buffer): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: bytes that cannot be printed are what it looks for.
  return arg.toString("latin1").replace(/[\x00-\x1f"\\\x7f-\xff]/g, escapedByte);
}

const SHORT: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  '"': '\\"',
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\x07": "\\a",
  "\b": "\\b",
};

function escapedByte(byte: string): string {
  return SHORT[byte] ?? `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
