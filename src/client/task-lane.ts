/**
 * The tasks of one stream: a worker has a lane for each, which takes its tasks, tries those again that have failed, takes over
 * those of a worker that has died, and keeps its own from lying idle. How many it may take all lanes decide together.
 */
import { setTimeout as delay } from "node:timers/promises";
import {
  type Connection,
  ensureGroup,
  entriesIn,
  entriesRead,
  isGroupMissing,
  listOf,
} from "./connection.ts";
import { isMoving } from "./patience.ts";
import { type StoredTask, taskOf } from "./task.ts";

export const BLOCK_MS = 500;
/** Of the time a task lies idle before it is taken over: how often those at work are kept, how often is looked. */
const BEATS = 3;
/** A partition that changes hands is no failure before it has not been served for so long. */
const MOVING_MS = 5000;

/** What lanes share. */
export interface LaneHost<Input> {
  readonly connection: Connection;
  readonly group: string;
  readonly consumer: string;
  readonly retryAfterMs: number;
  readonly isStopped: boolean;
  /** Whether there are other lanes: one must not keep room while it waits. */
  readonly hasOthers: boolean;
  /** Takes all room there is for tasks, which the lane gives back but for what it uses. */
  reserve(): number;
  release(count: number): void;
  /** Resolves when there may be room. */
  whenRoom(): Promise<void>;
  /** Does a task in room that was reserved. */
  run(lane: TaskLane<Input>, entry: string, stored: StoredTask<Input>): Promise<void>;
  report(error: unknown): void;
}

export class TaskLane<Input> {
  readonly #host: LaneHost<Input>;
  readonly #stream: string;
  readonly #reader: Connection;
  readonly #beatMs: number;
  /** By entry: those at work, and when those that have failed are tried again. */
  readonly #running = new Map<string, Promise<void>>();
  readonly #waiting = new Map<string, { readonly dueMs: number; readonly attempt: number }>();
  #claimAtMs = 0;
  #beat: NodeJS.Timeout | undefined;
  #movingSinceMs: number | undefined;
  /** Among other lanes: an entry behind which there is nothing, or what is there has been noticed. */
  #newest = "0-0";
  #hasNews = true;

  constructor(host: LaneHost<Input>, stream: string) {
    this.#host = host;
    this.#stream = stream;
    this.#beatMs = Math.ceil(host.retryAfterMs / BEATS);
    this.#reader = host.connection.duplicate();
    this.#reader.on?.("error", (error) => host.report(error));
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  get running(): Iterable<Promise<void>> {
    return this.#running.values();
  }

  async ensureGroup(): Promise<void> {
    await ensureGroup(this.#host.connection, this.#stream, this.#host.group);
  }

  /** Takes tasks until the worker is stopped. */
  async loop(): Promise<void> {
    this.#beat = setInterval(() => this.#keep(), this.#beatMs);
    while (!this.#host.isStopped) {
      try {
        await this.#turn();
        this.#movingSinceMs = undefined;
      } catch (error) {
        if (!this.#host.isStopped) await this.#recover(error).catch((failure) => this.#host.report(failure));
      }
    }
  }

  /** Cuts off what it waits for. */
  disconnect(): void {
    this.#reader.disconnect();
  }

  end(): void {
    clearInterval(this.#beat);
  }

  async ack(entry: string): Promise<void> {
    await this.#host.connection.call("XACK", this.#stream, this.#host.group, entry);
  }

  /** A task is tried again. */
  wait(entry: string, dueMs: number, attempt: number): void {
    this.#waiting.set(entry, { dueMs, attempt });
  }

  /** Keeps tasks at work, and those that wait here, from lying idle. */
  #keep(): void {
    const entries = [...this.#running.keys(), ...this.#waiting.keys()];
    if (entries.length === 0) return;
    const { connection, group, consumer } = this.#host;
    connection
      .call("XCLAIM", this.#stream, group, consumer, 0, ...entries, "JUSTID")
      .catch((error: unknown) => isGroupMissing(error) || isMoving(error) || this.#host.report(error));
  }

  async #recover(error: unknown): Promise<void> {
    this.#newest = "0-0";
    this.#hasNews = true;
    if (isGroupMissing(error)) {
      this.#waiting.clear();
      return this.ensureGroup();
    }
    if (isMoving(error)) this.#movingSinceMs ??= Date.now();
    const isPassing = isMoving(error) && Date.now() - (this.#movingSinceMs ?? 0) < MOVING_MS;
    if (!isPassing) this.#host.report(error);
    await delay(isPassing ? BLOCK_MS / 5 : BLOCK_MS);
  }

  async #turn(): Promise<void> {
    const host = this.#host;
    await this.#withRoom((free) => this.#tryAgain(free));
    if (Date.now() >= this.#claimAtMs) await this.#withRoom((free) => this.#takeOver(free));
    if (host.hasOthers && !(await this.#awaitNews())) return;
    const hadRoom = await this.#withRoom((free) => this.#read(free));
    if (!hadRoom && !host.isStopped) await host.whenRoom();
  }

  /** Does something that takes tasks; false where there is no room for any. */
  async #withRoom(take: (free: number) => Promise<number>): Promise<boolean> {
    const free = this.#host.reserve();
    if (free === 0) return false;
    let taken = 0;
    try {
      if (!this.#host.isStopped) taken = await take(free);
    } finally {
      this.#host.release(free - taken);
    }
    return true;
  }

  async #read(free: number): Promise<number> {
    const { group, consumer, hasOthers } = this.#host;
    const block = hasOthers ? [] : ["BLOCK", this.#blockMs()];
    const where = ["COUNT", free, ...block, "STREAMS", this.#stream, ">"];
    const entries = entriesRead(await this.#reader.call("XREADGROUP", "GROUP", group, consumer, ...where));
    this.#hasNews = entries.length === free;
    return this.#takeAll(entries.map((entry) => [entry, 1]));
  }

  /**
   * Among other lanes, no room is kept while a lane waits: it waits for an entry behind the newest, whoever is given it, and asks
   * for tasks then. What came before the newest was found is there to be asked for; what comes later ends the next wait.
   */
  async #awaitNews(): Promise<boolean> {
    if (this.#hasNews) return true;
    const where = ["COUNT", 1, "BLOCK", this.#blockMs(), "STREAMS", this.#stream, this.#newest];
    if (entriesRead(await this.#reader.call("XREAD", ...where)).length === 0) return false;
    const [last] = entriesIn(await this.#reader.call("XREVRANGE", this.#stream, "+", "-", "COUNT", 1));
    this.#newest = last?.id ?? this.#newest;
    this.#hasNews = true;
    return true;
  }

  /** Until the next task that waits here is due. */
  #blockMs(): number {
    const dues = Array.from(this.#waiting.values(), ({ dueMs }) => dueMs - Date.now());
    return Math.max(1, Math.ceil(Math.min(BLOCK_MS, this.#beatMs, ...dues)));
  }

  /** The tasks that have failed here and are due again. Where a task has had its last attempt, the server gives none. */
  async #tryAgain(free: number): Promise<number> {
    const due = [...this.#waiting].filter(([, { dueMs }]) => dueMs <= Date.now()).slice(0, free);
    if (due.length === 0) return 0;
    for (const [entry] of due) this.#waiting.delete(entry);
    return this.#claim(0, new Map(due.map(([entry, { attempt }]) => [entry, attempt + 1])));
  }

  /** Takes over what lies idle. That there is nothing, which is nearly always so, is found out without a write. */
  async #takeOver(free: number): Promise<number> {
    const { group, retryAfterMs } = this.#host;
    const bounds = ["IDLE", retryAfterMs, "-", "+", free];
    const idle = listOf(await this.#reader.call("XPENDING", this.#stream, group, ...bounds));
    if (idle.length < free) this.#claimAtMs = Date.now() + this.#beatMs;
    // The group may have been set back, of which nothing is heard.
    this.#hasNews = true;
    if (idle.length === 0) return 0;
    const attempts = idle.map(listOf).map(([id, , , count]) => [String(id), Number(count) + 1] as const);
    return this.#claim(retryAfterMs, new Map(attempts));
  }

  async #claim(idleMs: number, attempts: ReadonlyMap<string, number>): Promise<number> {
    const { group, consumer } = this.#host;
    const claim = [this.#stream, group, consumer, idleMs, ...attempts.keys()];
    const entries = entriesIn(await this.#reader.call("XCLAIM", ...claim));
    return this.#takeAll(entries.map((entry) => [entry, attempts.get(entry.id) ?? 1]));
  }

  /** How many are begun. */
  #takeAll(entries: ReadonlyArray<readonly [entry: ReturnType<typeof entriesIn>[number], attempt: number]>) {
    let taken = 0;
    for (const [{ id, fields }, attempt] of entries) {
      if (fields === undefined || this.#running.has(id)) continue;
      this.#waiting.delete(id);
      const run = this.#host
        .run(this, id, taskOf<Input>(fields, attempt))
        .finally(() => this.#running.delete(id));
      this.#running.set(id, run);
      taken += 1;
    }
    return taken;
  }
}
