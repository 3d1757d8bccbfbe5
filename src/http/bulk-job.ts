/**
 * One action over many machines: it looks for them first, says how many there are, and begins when it is confirmed; then it goes on at a
 * rate, keeps a result for each machine, and can be stopped and taken back. It acts as a client would, with the rights of its user, and goes on
 * after a restart where it was.
 */
import type { Clock } from "../base/clock.ts";
import { answerOf, isList } from "./answer.ts";
import {
  FILTERS,
  faultOf,
  type Item,
  type JobStatus,
  MACHINES_MAX,
  newItem,
  requestFor,
  resultOf,
  type Task,
} from "./bulk-task.ts";
import type { Elsewhere } from "./elsewhere.ts";
import { gatherPage } from "./gathering.ts";
import type { HttpSession } from "./http-session.ts";
import type { JobHead, JobStore } from "./job-store.ts";

const PAGE = 1000;
const TICK_MS = 100;

/** What a job is from its beginning. */
export type JobBeginning = Pick<JobHead, "id" | "task" | "user" | "address" | "createdMs">;

export interface JobOptions {
  readonly head: JobBeginning;
  readonly database: number;
  /** Of its user; closed when the job ends, and undefined where it has. */
  readonly session: HttpSession | undefined;
  readonly clock: Clock;
  /** Undefined where jobs are not stored. */
  readonly store: JobStore | undefined;
}

export class BulkJob {
  readonly database: number;
  status: JobStatus = "counting";
  /** Why it failed. */
  fault: string | undefined;
  endedMs: number | undefined;
  readonly items: Item[] = [];
  readonly counts = { done: 0, unchanged: 0, refused: 0 };
  readonly #head: JobBeginning;
  #next = 0;
  /** Parts of a machine that the rate has left over. */
  #allowance = 0;
  /** The server ends, and the next one goes on with it. */
  #hasLeft = false;
  readonly #session: HttpSession | undefined;
  readonly #clock: Clock;
  readonly #store: JobStore | undefined;
  #cancel: () => void = () => undefined;
  #stored: Promise<void> = Promise.resolve();

  constructor({ head, database, session, clock, store }: JobOptions) {
    this.#head = head;
    this.database = database;
    this.#session = session;
    this.#clock = clock;
    this.#store = store;
  }

  get id(): string {
    return this.#head.id;
  }

  get task(): Task {
    return this.#head.task;
  }

  get user(): string {
    return this.#head.user;
  }

  get createdMs(): number {
    return this.#head.createdMs;
  }

  get isOpen(): boolean {
    return this.status === "counting" || this.status === "ready" || this.status === "running";
  }

  /** Resolves when what it is by now is stored, or could not be. */
  get stored(): Promise<void> {
    return this.#stored;
  }

  /** What is stored of it. */
  get head(): JobHead {
    const { status, fault, endedMs } = this;
    return { ...this.#head, status, fault, endedMs, machines: this.items.length };
  }

  /** Chooses its machines: those given, those of its task, or those that fit the filter, which are looked for. */
  choose(items?: readonly Item[]): void {
    const known = items ?? this.task.keys?.map(newItem);
    this.#save().catch(() => undefined);
    if (known === undefined) void this.#collect();
    else void this.#ready(known);
  }

  /** Becomes what it was when the server ended, and goes on. */
  resume({ status, fault, endedMs }: JobHead, items: readonly Item[]): void {
    for (const item of items) {
      this.items.push(item);
      if (item.outcome !== undefined) this.counts[item.outcome] += 1;
    }
    this.status = status;
    this.fault = fault;
    this.endedMs = endedMs;
    if (!this.isOpen) return;
    if (this.#session === undefined) this.#end("failed", `the user '${this.user}' may not log in any more`);
    else if (status === "counting") this.choose();
    else if (status === "running") void this.#step();
  }

  /** Begins, once it is known how many machines there are; false when it cannot. */
  start(): boolean {
    if (this.status !== "ready") return false;
    this.status = "running";
    void this.#run();
    return true;
  }

  /** What was done stays done. False when it has ended already. */
  stop(): boolean {
    if (!this.isOpen) return false;
    this.#end("stopped");
    return true;
  }

  /** Does nothing any more; it is stored as it is. */
  leave(): void {
    this.#hasLeft = true;
    this.#cancel();
    this.#session?.close();
  }

  async #ready(items: readonly Item[]): Promise<void> {
    const machines = items.length;
    try {
      await this.#afterOthers(() =>
        this.#store?.putItems(this.database, { ...this.head, status: "ready", machines }, items),
      );
    } catch (error) {
      if (this.status === "counting") this.#end("failed", storeFault(error));
      return;
    }
    if (this.status !== "counting" || this.#hasLeft) return;
    this.items.push(...items);
    this.status = "ready";
  }

  /** That it runs is stored before anything is done: a restart goes on with it. */
  async #run(): Promise<void> {
    try {
      await this.#save();
    } catch (error) {
      if (this.status === "running") this.#end("failed", storeFault(error));
      return;
    }
    await this.#step();
  }

  #end(status: JobStatus, fault?: string): void {
    this.#cancel();
    this.status = status;
    this.fault = fault;
    this.endedMs = this.#clock.now();
    this.#session?.close();
    // If that fails, a restart finds a job that runs and has nothing left to do.
    this.#save().catch(() => undefined);
  }

  /** Stores it as it is when its turn comes. */
  #save(): Promise<void> {
    return this.#afterOthers(() => this.#store?.putHead(this.database, this.head));
  }

  /** Writes come to the store in the order in which they were wanted. */
  #afterOthers(write: () => Promise<void> | undefined): Promise<void> {
    const written = this.#stored.then(write);
    this.#stored = written.catch(() => undefined);
    return written;
  }

  async #collect(): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    const keys = new Set<string>();
    const filter = FILTERS.flatMap(([name, token]) => {
      const value = this.task.filter[name];
      return value === undefined ? [] : [token, value];
    });
    let cursor = "0";
    do {
      const request = ["SM.SCAN", cursor, ...filter, "COUNT", String(PAGE)];
      const { answer: page, missing } = await gatherPage(request, session);
      if (this.status !== "counting" || this.#hasLeft) return;
      // A job that leaves machines out would be taken for one that has done them all.
      if (missing.length > 0) return this.#end("failed", unservedFault(missing));
      if (!isList(page)) {
        this.#end("failed", faultOf(page));
        return;
      }
      const [next = "0", found = []] = page;
      for (const key of isList(found) ? found : []) keys.add(String(key));
      if (keys.size > MACHINES_MAX) {
        this.#end("failed", `more than ${MACHINES_MAX} machines fit: choose fewer`);
        return;
      }
      cursor = String(next);
    } while (cursor !== "0");
    await this.#ready([...keys].map(newItem));
  }

  /** As many machines as the rate allows in one tick. */
  async #step(): Promise<void> {
    const session = this.#session;
    if (this.status !== "running" || this.#hasLeft || session === undefined) return;
    this.#allowance += (this.task.rate * TICK_MS) / 1000;
    const count = Math.floor(this.#allowance);
    this.#allowance -= count;
    const chosen = this.#waiting(count);
    const store = this.#store;
    const recorders =
      store &&
      chosen.map(([index]) =>
        store.recorder(this.id, index, (reply) => resultOf(this.task.action, answerOf(reply))),
      );
    const requests = chosen.map(([, item]) => requestFor(this.task, item));
    const answers = await session.runAll(requests, undefined, recorders, true);
    if (this.status !== "running" || this.#hasLeft) return;
    if (session.isInputEnded) return this.#end("failed", "its session has been ended");
    for (const [at, [, item]] of chosen.entries()) {
      Object.assign(item, resultOf(this.task.action, answers[at] ?? null));
      if (item.outcome !== undefined) this.counts[item.outcome] += 1;
    }
    if (this.#next >= this.items.length) return this.#end("done");
    this.#cancel = this.#clock.wakeAt(this.#clock.now() + TICK_MS, () => void this.#step());
  }

  /** The next machines that have had no turn; after a restart some behind them may have had theirs. */
  #waiting(count: number): ReadonlyArray<readonly [index: number, item: Item]> {
    const chosen: Array<readonly [number, Item]> = [];
    for (; this.#next < this.items.length && chosen.length < count; this.#next += 1) {
      const item = this.items[this.#next];
      if (item !== undefined && item.outcome === undefined) chosen.push([this.#next, item]);
    }
    return chosen;
  }
}

function unservedFault(missing: readonly Elsewhere[]): string {
  const partitions = missing.map(({ partition }) => partition).join(", ");
  return `nobody answers for the partitions ${partitions} of the cluster: make the job again when they are served`;
}

function storeFault(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The machines whose change can be taken back, at the revision that it has left them at. */
export function undoable({ task, items }: BulkJob): readonly Item[] {
  if (task.action === "suspend" || task.action === "resume")
    return items.filter(({ outcome }) => outcome === "done").map(({ key }) => newItem(key));
  if (task.action !== "send") return [];
  return items.flatMap(({ key, outcome, rev }) =>
    outcome !== "done" || rev === undefined ? [] : [{ ...newItem(key), ifRev: rev }],
  );
}
