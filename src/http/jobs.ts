/**
 * The bulk jobs that the server knows, the latest of them. They are stored, and a restart goes on with those that ran; in a cluster the
 * other servers know how they stand instead.
 */
import type { ServerContext } from "../commands/server-context.ts";
import type { Executor } from "../server/executor.ts";
import type { OnFault } from "../server/faults.ts";
import { BulkJob } from "./bulk-job.ts";
import { HttpSession } from "./http-session.ts";
import { type FoundJob, JobStore } from "./job-store.ts";
import { summaryOf } from "./job-summary.ts";
import { jobIdAt, OtherJobs } from "./other-jobs.ts";
import { badRequest } from "./problem.ts";

const JOBS_MAX = 50;
/** Those that have not ended. */
const OPEN_MAX = 8;
/** How often other servers hear how jobs stand. */
const TELL_MS = 1000;

export class Jobs {
  readonly #server: ServerContext;
  readonly #executor: Executor;
  readonly #store: JobStore | undefined;
  readonly #jobs = new Map<string, BulkJob>();
  /** Those of other servers of a cluster. */
  readonly others: OtherJobs | undefined;
  #latest = 0;
  #isClosed = false;
  #cancelTelling: (() => void) | undefined;

  constructor(server: ServerContext, executor: Executor) {
    this.#server = server;
    this.#executor = executor;
    const store = new JobStore(server, executor);
    this.#store = store.isLasting ? store : undefined;
    const { bus, cluster } = server;
    this.others = bus && cluster && new OtherJobs(bus, cluster);
  }

  list(user: string, database: number): readonly BulkJob[] {
    return [...this.#jobs.values()]
      .filter((job) => job.user === user && job.database === database)
      .sort((a, b) => Number.parseInt(b.id, 10) - Number.parseInt(a.id, 10));
  }

  find(id: string, user: string): BulkJob | undefined {
    const job = this.#jobs.get(id);
    return job?.user === user ? job : undefined;
  }

  add(make: (id: string, store: JobStore | undefined) => BulkJob): BulkJob {
    if ([...this.#jobs.values()].filter(({ isOpen }) => isOpen).length >= OPEN_MAX)
      throw badRequest(503, `${OPEN_MAX} jobs have not ended: stop one, or wait`);
    this.#latest += 1;
    const job = make(this.#nextId(), this.#store);
    this.#jobs.set(job.id, job);
    this.#cancelTelling ??= this.#server.clock.wakeAt(this.#server.clock.now(), () => this.#tell());
    for (const [id, { isOpen, database, head }] of this.#jobs) {
      if (this.#jobs.size <= JOBS_MAX) break;
      if (isOpen) continue;
      this.#jobs.delete(id);
      // A restart removes what is left of it.
      this.#store?.remove(database, head).catch(() => undefined);
    }
    return job;
  }

  #nextId(): string {
    const { cluster } = this.#server;
    return cluster === undefined ? String(this.#latest) : jobIdAt(cluster.ownId, this.#latest);
  }

  /** The other servers hear how the jobs stand, for as long as one is open. */
  #tell(): void {
    this.#cancelTelling = undefined;
    const all = [...this.#jobs.values()];
    this.others?.tell(
      all.map((job) => {
        const { id, user, database, isOpen } = job;
        return { id, user, database, isOpen, summary: summaryOf(job) };
      }),
    );
    const { clock } = this.#server;
    if (this.others !== undefined && all.some(({ isOpen }) => isOpen))
      this.#cancelTelling = clock.wakeAt(clock.now() + TELL_MS, () => this.#tell());
  }

  /** Takes up the jobs that are stored. Nobody waits for it: a job is known once its machines are read. */
  restore(onFault: OnFault): void {
    const found = [...(this.#store?.heads() ?? [])].sort((a, b) => Number(a.head.id) - Number(b.head.id));
    this.#latest = Math.max(0, ...found.map(({ head }) => Number(head.id)));
    this.#takeUpAll(found).catch(onFault);
  }

  /** A session as the one that has made a job; undefined when its user is gone or may not log in. */
  sessionOf(name: string, address: string, database: number): HttpSession | undefined {
    const user = this.#server.users.find(name);
    if (user === undefined || !user.rules.isEnabled) return undefined;
    const peer = { address, localAddress: address, commonName: undefined };
    const session = new HttpSession(this.#server, this.#executor, peer);
    Object.assign(session.session, { user, isAuthenticated: true, database });
    return session;
  }

  /** Ends them with the server; the next one goes on with them. */
  close(): void {
    this.#isClosed = true;
    for (const job of this.#jobs.values()) {
      if (this.#store === undefined) job.stop();
      else job.leave();
    }
    this.#cancelTelling?.();
    this.#tell();
    this.#cancelTelling?.();
    this.others?.close();
  }

  async #takeUpAll(found: readonly FoundJob[]): Promise<void> {
    const latest = found.slice(-JOBS_MAX);
    for (const job of latest) await this.#takeUp(job);
    for (const { database, head } of found.slice(0, -JOBS_MAX)) await this.#store?.remove(database, head);
  }

  async #takeUp({ database, head }: FoundJob): Promise<void> {
    const store = this.#store;
    if (store === undefined || this.#isClosed) return;
    const items = head.isGone === true ? [] : await store.items(database, head.id);
    // A database that was flushed has taken with it what was stored before.
    if (head.isGone === true || items.length < head.machines) {
      await store.remove(database, head);
      return;
    }
    const isOver = head.endedMs !== undefined;
    const session = isOver ? undefined : this.sessionOf(head.user, head.address, database);
    const job = new BulkJob({ head, database, session, store, clock: this.#server.clock });
    this.#jobs.set(job.id, job);
    job.resume(head, head.status === "counting" ? [] : items);
  }
}
