/** The slow log: the newest commands that took longer than `slowlog-log-slower-than`. */
import type { Session } from "../clients/session.ts";

/** Longer requests are cut: the log must not hold what a client sent in full. */
const ARGUMENTS_MAX = 32;
const ARGUMENT_BYTES_MAX = 128;

export interface SlowCommand {
  readonly id: number;
  readonly atMs: number;
  readonly microseconds: number;
  /** Cut to what an entry may hold. */
  readonly args: readonly Buffer[];
  readonly address: string;
  readonly name: string;
}

export class SlowLog {
  /** From the newest to the oldest. */
  #entries: SlowCommand[] = [];
  #nextId = 0;

  get length(): number {
    return this.#entries.length;
  }

  /** The newest entries first. */
  newest(count: number): readonly SlowCommand[] {
    return this.#entries.slice(0, count);
  }

  /** Adds an entry and drops the oldest beyond `lengthMax`. O(lengthMax), of which slow commands are seldom. */
  add(
    request: { readonly args: readonly Buffer[]; readonly session: Session; readonly atMs: number },
    microseconds: number,
    lengthMax: number,
  ): void {
    const { args, session, atMs } = request;
    this.#entries.unshift({
      id: this.#nextId,
      atMs,
      microseconds: Math.round(microseconds),
      args: cutRequest(args),
      address: session.address,
      name: session.name,
    });
    this.#nextId += 1;
    if (this.#entries.length > lengthMax) this.#entries.length = lengthMax;
  }

  clear(): void {
    this.#entries = [];
  }
}

function cutRequest(args: readonly Buffer[]): readonly Buffer[] {
  const kept = args
    .slice(0, args.length > ARGUMENTS_MAX ? ARGUMENTS_MAX - 1 : ARGUMENTS_MAX)
    .map(cutArgument);
  const left = args.length - kept.length;
  return left === 0 ? kept : [...kept, Buffer.from(`... (${left} more arguments)`)];
}

function cutArgument(arg: Buffer): Buffer {
  if (arg.length <= ARGUMENT_BYTES_MAX) return Buffer.from(arg);
  const left = arg.length - ARGUMENT_BYTES_MAX;
  return Buffer.concat([arg.subarray(0, ARGUMENT_BYTES_MAX), Buffer.from(`... (${left} more bytes)`)]);
}
