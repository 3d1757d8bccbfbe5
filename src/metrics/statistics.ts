/** Counters of what the server did since it started, or since CONFIG RESETSTAT. */
import { DurationHistogram } from "./duration-histogram.ts";

export interface CommandStatistics {
  calls: number;
  microseconds: number;
  rejectedCalls: number;
  failedCalls: number;
  readonly durations: DurationHistogram;
}

/** Each per second. */
interface Rates {
  readonly commands: number;
  readonly inputBytes: number;
  readonly outputBytes: number;
}

export interface Statistics {
  readonly startedAtMs: number;
  commandCount: number;
  connectionCount: number;
  rejectedConnectionCount: number;
  /** Pieces of input that sockets have given, and of output that they have taken. */
  readCount: number;
  writeCount: number;
  netInputBytes: number;
  netOutputBytes: number;
  keyspaceHits: number;
  keyspaceMisses: number;
  expiredKeys: number;
  /** Events from machines of other partitions that were taken. */
  lettersTaken: number;
  /** Bugs of ours that a client got as an internal error. Any test that sees one fails. */
  internalErrors: number;
  /** Turns of the executor, and how long they took with their commits. */
  readonly turns: DurationHistogram;
  /** The largest number of sessions at a time. */
  sessionCountPeak: number;
  /** What the last second brought; measured from outside, see `rateSampler`. */
  rates: Rates;
  /** By full command name, lower case; those that were never called have counted nothing. */
  readonly commands: Map<string, CommandStatistics>;
  /** By error code. */
  readonly errors: Map<string, number>;
}

/** The counters of a command, which count from now on. */
export function statisticsOf({ commands }: Statistics, name: string): CommandStatistics {
  let entry = commands.get(name);
  if (entry === undefined) {
    entry = newCommandStatistics();
    commands.set(name, entry);
  }
  return entry;
}

const NO_CALLS = { calls: 0, microseconds: 0, rejectedCalls: 0, failedCalls: 0 };

function newCommandStatistics(): CommandStatistics {
  return { ...NO_CALLS, durations: new DurationHistogram() };
}

export function newStatistics(nowMs: number): Statistics {
  return {
    startedAtMs: nowMs,
    commandCount: 0,
    connectionCount: 0,
    rejectedConnectionCount: 0,
    readCount: 0,
    writeCount: 0,
    netInputBytes: 0,
    netOutputBytes: 0,
    keyspaceHits: 0,
    keyspaceMisses: 0,
    expiredKeys: 0,
    lettersTaken: 0,
    internalErrors: 0,
    turns: new DurationHistogram(),
    sessionCountPeak: 0,
    rates: { commands: 0, inputBytes: 0, outputBytes: 0 },
    commands: new Map(),
    errors: new Map(),
  };
}

/** CONFIG RESETSTAT: counters begin anew, times stay. */
export function resetStatistics(statistics: Statistics): void {
  const { commands, errors } = statistics;
  // Whoever counts holds on to the entries.
  for (const entry of commands.values()) {
    Object.assign(entry, NO_CALLS);
    entry.durations.reset();
  }
  errors.clear();
  const { startedAtMs, internalErrors } = statistics;
  Object.assign(statistics, newStatistics(startedAtMs), { internalErrors, commands, errors });
}

/** Returns a function that, called from time to time, measures what came in and went out since the last call. */
export function rateSampler(statistics: Statistics, nowMs: number): (nowMs: number) => void {
  const count = () => ({
    commands: statistics.commandCount,
    inputBytes: statistics.netInputBytes,
    outputBytes: statistics.netOutputBytes,
  });
  let last = { atMs: nowMs, ...count() };
  return (atMs) => {
    const seconds = (atMs - last.atMs) / 1000;
    if (seconds <= 0) return;
    const now = count();
    // After CONFIG RESETSTAT a counter may be below what it was.
    const rate = (from: number, to: number) => Math.max(0, to - from) / seconds;
    statistics.rates = {
      commands: rate(last.commands, now.commands),
      inputBytes: rate(last.inputBytes, now.inputBytes),
      outputBytes: rate(last.outputBytes, now.outputBytes),
    };
    last = { atMs, ...now };
  };
}
