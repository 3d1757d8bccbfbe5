/** Makes the backups of SAVE and BGSAVE: `dbfilename` in `dir`, by another process, once the turn is committed. */
import { resolve } from "node:path";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Saving } from "../commands/saving.ts";
import type { Config } from "../config/config.ts";
import type { Partitions } from "../keyspace/partitions.ts";
import type { Store } from "../keyspace/store.ts";
import { type BackupChild, startBackup } from "../storage/backup-child.ts";

export interface BackgroundSaveOptions {
  readonly config: Config;
  readonly store: Store;
  /** What the server holds, where that is not the store. */
  readonly partitions?: Pick<Partitions, "all">;
  readonly clock: Clock;
  readonly log: Log;
}

export class BackgroundSave implements Saving {
  readonly #options: BackgroundSaveOptions;
  #startedAtMs: number | undefined;
  #child: BackupChild | undefined;
  #isClosed = false;
  #positionBefore: number;
  #run: Promise<unknown> = Promise.resolve();
  lastSaveAtMs: number;
  count = 0;
  lastFailure: string | undefined;
  lastSeconds: number | undefined;

  constructor(options: BackgroundSaveOptions) {
    this.#options = options;
    this.lastSaveAtMs = options.clock.now();
    this.#positionBefore = options.store.status().position;
  }

  get refusal(): string | undefined {
    const { store, partitions } = this.#options;
    const held = partitions?.all ?? [];
    if (![{ store }, ...held].some((one) => one.store.isInDatabase)) return undefined;
    return "the data is in PostgreSQL: back up the database, by pg_basebackup or pg_dump for example";
  }

  get isRunning(): boolean {
    return this.#startedAtMs !== undefined;
  }

  get currentSeconds(): number | undefined {
    return this.#startedAtMs === undefined ? undefined : this.#secondsSince(this.#startedAtMs);
  }

  get changeCount(): number {
    return this.#options.store.status().position - this.#positionBefore;
  }

  begin(): Promise<string | undefined> {
    const startedAtMs = this.#options.clock.now();
    this.#startedAtMs = startedAtMs;
    const run = this.#make(startedAtMs).then((failure) => {
      this.#startedAtMs = undefined;
      this.lastSeconds = this.#secondsSince(startedAtMs);
      this.lastFailure = failure;
      if (failure === undefined) {
        this.lastSaveAtMs = this.#options.clock.now();
        this.count += 1;
      }
      return failure;
    });
    this.#run = run;
    return run;
  }

  /** Gives up the one under way; resolves when its process is gone. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#child?.stop();
    await this.#run;
  }

  async #make(startedAtMs: number): Promise<string | undefined> {
    const { config, store, log } = this.#options;
    // The turn that asked for it commits before this goes on.
    await new Promise((committed) => setImmediate(committed));
    const { position } = store.status();
    const { directory } = store;
    if (this.#isClosed) return "the server is shutting down";
    if (directory !== undefined) {
      const file = resolve(directory, config.get("dbfilename"));
      this.#child = startBackup(directory, file, startedAtMs);
      log(`Background saving started by pid ${this.#child.pid}`);
      const failure = await this.#child.ended;
      this.#child = undefined;
      if (failure !== undefined) {
        log(`Background saving error: ${failure}`, "warning");
        return failure;
      }
      log(`Background saving terminated with success: ${file}`);
    }
    this.#positionBefore = position;
    return undefined;
  }

  #secondsSince(ms: number): number {
    return Math.max(0, Math.floor((this.#options.clock.now() - ms) / 1000));
  }
}
