/** SAVE and BGSAVE: the backup of `dir` that is made beside the server, as commands and INFO know it. */

export interface Saving {
  /** Why there are no backups here; undefined where there are. */
  readonly refusal: string | undefined;
  /** True from the request on until the backup is made or has failed. */
  readonly isRunning: boolean;
  /** When the last one was made, or the server started. */
  readonly lastSaveAtMs: number;
  /** How many have been made since then. */
  readonly count: number;
  /** What was in the way of the last one; undefined: nothing. */
  readonly lastFailure: string | undefined;
  /** How long the last one took; undefined: there was none. */
  readonly lastSeconds: number | undefined;
  /** For how long the one under way has been running. */
  readonly currentSeconds: number | undefined;
  /** Commits since the last one was begun, or since the start. */
  readonly changeCount: number;
  /**
   * Begins one, which holds all that is committed when the turn ends; there must be none under way. Resolves to what was in
   * the way.
   */
  begin(): Promise<string | undefined>;
}
