/** The bulk jobs that the server knows, the latest of them. */
import type { BulkJob } from "./bulk-job.ts";
import { badRequest } from "./problem.ts";

const JOBS_MAX = 50;
/** Those that have not ended. */
const OPEN_MAX = 8;

export class Jobs {
  /** In the order in which they were made. */
  readonly #jobs = new Map<string, BulkJob>();
  #latest = 0;

  list(user: string, database: number): readonly BulkJob[] {
    return [...this.#jobs.values()]
      .filter((job) => job.user === user && job.database === database)
      .toReversed();
  }

  find(id: string, user: string): BulkJob | undefined {
    const job = this.#jobs.get(id);
    return job?.user === user ? job : undefined;
  }

  add(make: (id: string) => BulkJob): BulkJob {
    if ([...this.#jobs.values()].filter(({ isOpen }) => isOpen).length >= OPEN_MAX)
      throw badRequest(503, `${OPEN_MAX} jobs have not ended: stop one, or wait`);
    this.#latest += 1;
    const job = make(String(this.#latest));
    this.#jobs.set(job.id, job);
    for (const [id, { isOpen }] of this.#jobs) {
      if (this.#jobs.size <= JOBS_MAX) break;
      if (!isOpen) this.#jobs.delete(id);
    }
    return job;
  }

  close(): void {
    for (const job of this.#jobs.values()) job.stop();
  }
}
