/** The log of what users were refused: the newest first, the same thing within a minute counted in one entry. */
import type { DenialReason } from "./check.ts";

export type LogReason = DenialReason | "auth";
export type LogContext = "toplevel" | "multi" | "lua";

export interface AclEvent {
  readonly reason: LogReason;
  readonly context: LogContext;
  /** What was refused: the command, key, channel or definition. */
  readonly object: Buffer;
  readonly user: string;
  /** A line on the session, as CLIENT LIST has it. */
  readonly client: string;
}

export interface AclLogEntry extends AclEvent {
  readonly id: number;
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly count: number;
}

const SAME_WITHIN_MS = 60_000;
/** How many entries are compared with a new one. */
const COMPARED_MAX = 10;
/** Of a key, channel or name, so that the log stays small whatever it gets. */
const OBJECT_BYTES_MAX = 1024;

export class AclLog {
  #entries: AclLogEntry[] = [];
  #nextId = 0;
  /** How often each reason came up, in the log or not. */
  readonly counts: Record<LogReason, number> = { auth: 0, command: 0, key: 0, channel: 0, definition: 0 };

  get length(): number {
    return this.#entries.length;
  }

  newest(count: number): readonly AclLogEntry[] {
    return this.#entries.slice(0, count);
  }

  /** Notes a refusal. O(lengthMax). */
  add(event: AclEvent, nowMs: number, lengthMax: number): void {
    this.counts[event.reason] += 1;
    if (lengthMax > 0) this.#add({ ...event, object: cut(event.object) }, nowMs);
    if (this.#entries.length > lengthMax) this.#entries.length = lengthMax;
  }

  clear(): void {
    this.#entries = [];
  }

  #add(event: AclEvent, nowMs: number): void {
    const at = this.#entries.slice(0, COMPARED_MAX).findIndex((entry) => isSame(entry, event, nowMs));
    const [known] = at < 0 ? [] : this.#entries.splice(at, 1);
    if (known !== undefined) {
      this.#entries.unshift({ ...known, client: event.client, updatedMs: nowMs, count: known.count + 1 });
      return;
    }
    this.#entries.unshift({ ...event, id: this.#nextId, createdMs: nowMs, updatedMs: nowMs, count: 1 });
    this.#nextId += 1;
  }
}

function isSame(entry: AclLogEntry, event: AclEvent, nowMs: number): boolean {
  return (
    entry.reason === event.reason &&
    entry.context === event.context &&
    entry.user === event.user &&
    Math.abs(nowMs - entry.updatedMs) <= SAME_WITHIN_MS &&
    entry.object.equals(event.object)
  );
}

/** A copy, since what a client sent pins the memory it arrived in. */
function cut(object: Buffer): Buffer {
  return Buffer.from(object.subarray(0, OBJECT_BYTES_MAX));
}
