/** What is counted and noted of requests: calls, errors, time, keys that were found, slow commands. */
import { FLAG, hasFlag } from "../catalogue/command.ts";
import type { Wait } from "../commands/handler.ts";
import type { ServerContext } from "../commands/server-context.ts";
import { kindOf } from "../commands/wait.ts";
import type { CommandStatistics } from "../metrics/statistics.ts";
import type { Reply } from "../protocol/reply.ts";
import { ReplyError } from "../protocol/reply-error.ts";
import type { Nesting } from "./nesting.ts";
import { type Route, SCRIPTS } from "./route.ts";
import type { Run } from "./run.ts";
import { shownArguments } from "./secrets.ts";

const ERROR_CODES_MAX = 256;

/** What a run has come to, and how long it took. */
export interface Ended {
  readonly reply: Reply | Wait;
  readonly milliseconds: number;
  /** False for the retry of a request that waits. */
  readonly isFirst: boolean;
}

export class RequestCounts {
  readonly #server: ServerContext;

  constructor(server: ServerContext) {
    this.#server = server;
  }

  /**
   * Counts what a run has looked at.
   * @param changeCount how many changes the transaction had when it had run; all, when it is not given
   */
  looks(route: Route, run: Run, changeCount?: number): void {
    const { session, command, args, databases } = run;
    this.#countLooks(run);
    if (!route.isRead || session.tracking === undefined || SCRIPTS.has(command.name)) return;
    const { changes } = databases.transaction;
    this.#server.tracking.remember(session, { command, args, changes, count: changeCount });
  }

  /** Counts a run that has ended. */
  request({ statistics }: Route, run: Run, { reply, milliseconds, isFirst }: Ended): void {
    const kind = kindOf(reply);
    if (kind === "error") this.#countFailure(statistics, reply);
    // A request that waits is counted once, when it is answered.
    if (kind !== "wait") {
      statistics.calls += 1;
      if (this.#server.config.values["latency-tracking"]) statistics.durations.add(milliseconds * 1000);
    }
    statistics.microseconds += milliseconds * 1000;
    if (isFirst) this.#noteSlowness(run, milliseconds);
  }

  /** Counts a request that is not run; its reply. The route is that of its command, if there is one. */
  rejected(route: Route | undefined, refusal: ReplyError, nesting?: Nesting): Reply {
    const count = () => {
      if (route !== undefined) route.statistics.rejectedCalls += 1;
      this.#countError(refusal);
    };
    if (nesting === undefined) count();
    else nesting.later(count);
    return { kind: "error", message: refusal.message };
  }

  #countLooks({ db, hits, misses, missed, nowMs, uses }: Run): void {
    const { keyspaceEvents, keyUses, statistics } = this.#server;
    if (uses !== undefined) {
      for (const { key, given } of uses) {
        if (given === undefined) keyUses.note(db.index, key, nowMs);
        else keyUses.give(db.index, key, given, nowMs);
      }
    }
    if (hits > 0) statistics.keyspaceHits += hits;
    if (misses > 0) statistics.keyspaceMisses += misses;
    if (missed !== undefined) keyspaceEvents.note(missed);
  }

  /** An error that a handler returns instead of throwing it keeps what the command did. */
  #countFailure(statistics: CommandStatistics, reply: Reply | Wait): void {
    statistics.failedCalls += 1;
    // Its kind is "error".
    this.#countError(new ReplyError((reply as { readonly message: string }).message));
  }

  #countError(error: ReplyError): void {
    const { errors: counts } = this.#server.statistics;
    // A script makes up codes as it likes.
    if (counts.size >= ERROR_CODES_MAX && !counts.has(error.code)) return;
    counts.set(error.code, (counts.get(error.code) ?? 0) + 1);
  }

  /** Tells the slow log and the latency log of a command that took long. */
  #noteSlowness({ command, args, session, databases }: Run, milliseconds: number): void {
    const { config, slowLog, latencyLog } = this.#server;
    const { values } = config;
    const microseconds = milliseconds * 1000;
    const slowMicroseconds = values["slowlog-log-slower-than"];
    if (slowMicroseconds >= 0 && microseconds >= slowMicroseconds && !hasFlag(command, FLAG.SKIP_SLOWLOG)) {
      const served = { args: shownArguments(command.name, args), session, atMs: databases.nowMs };
      slowLog.add(served, microseconds, values["slowlog-max-len"]);
    }
    const slowMilliseconds = values["latency-monitor-threshold"];
    if (slowMilliseconds > 0 && milliseconds >= slowMilliseconds) {
      const event = hasFlag(command, FLAG.FAST) ? "fast-command" : "command";
      latencyLog.add(event, milliseconds, databases.nowMs);
    }
  }
}
