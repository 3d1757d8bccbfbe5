/** A command and what is known of it before any request comes. */
import type { Command } from "../catalogue/command.ts";
import type { Handler } from "../commands/handler.ts";
import type { CommandStatistics } from "../metrics/statistics.ts";

export interface Route {
  readonly command: Command;
  /** Undefined for a container, which nobody can call. */
  readonly handler: Handler | undefined;
  readonly statistics: CommandStatistics;
  readonly isWrite: boolean;
  readonly isRead: boolean;
  /** EXEC, or it runs a script. */
  readonly runsOthers: boolean;
  /** It writes, or runs a script, which may. */
  readonly mayWrite: boolean;
  /** The audit stream tells of its requests, or of some. */
  readonly mayBeAudited: boolean;
  /** True when the reply tells of the store: it must not leave if the turn's commit fails. */
  readonly dependsOnCommit: boolean;
  /** It changes what belongs to all partitions of a cluster, where there are several. */
  readonly isShared: boolean;
}

/** A script tells of the store, and may change it. */
export const SCRIPTS = new Set(["eval", "evalsha", "eval_ro", "evalsha_ro", "fcall", "fcall_ro"]);
