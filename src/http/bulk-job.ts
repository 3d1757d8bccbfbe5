/**
 * One action over many machines: it looks for them first, says how many there are, and begins when it is confirmed; then it goes on at a
 * rate, keeps a result for each machine, and can be stopped and taken back. It acts as a client would, with the rights of its user.
 */
import type { Clock } from "../base/clock.ts";
import { type Answer, AnswerError, isList, isMap } from "./answer.ts";
import type { HttpSession } from "./http-session.ts";

export const ACTIONS = ["send", "retry", "suspend", "resume", "delete", "undo"] as const;
export type Action = (typeof ACTIONS)[number];

export type Filter = Readonly<Partial<Record<(typeof FILTERS)[number][0], string>>>;

/** What chooses machines, and the option of SM.SCAN for it. */
export const FILTERS = [
  ["definition", "DEF"],
  ["state", "STATE"],
  ["status", "STATUS"],
  ["olderThan", "OLDER"],
  ["match", "MATCH"],
  ["where", "WHERE"],
] as const;

export interface Task {
  readonly action: Action;
  readonly filter: Filter;
  /** Instead of a filter. */
  readonly keys: readonly string[] | undefined;
  readonly event: string;
  /** JSON; empty for none. */
  readonly data: string;
  readonly reason: string;
  /** Machines a second. */
  readonly rate: number;
}

/** A machine of a job. `outcome` is undefined until its turn. */
export interface Item {
  readonly key: string;
  /** At which a machine is taken back, if nothing has happened to it since. */
  readonly ifRev?: number;
  outcome: "done" | "unchanged" | "refused" | undefined;
  detail: string;
  /** After what was done. */
  rev: number | undefined;
}

export type JobStatus = "counting" | "ready" | "running" | "stopped" | "done" | "failed";

export const MACHINES_MAX = 100_000;
export const RATE_MAX = 10_000;
const PAGE = 1000;
const TICK_MS = 100;

export interface JobOptions {
  readonly id: string;
  readonly task: Task;
  /** Of the user that asked; closed when the job ends. */
  readonly session: HttpSession;
  readonly clock: Clock;
  readonly items?: readonly Item[];
}

export class BulkJob {
  readonly id: string;
  readonly task: Task;
  readonly user: string;
  readonly database: number;
  readonly createdMs: number;
  status: JobStatus = "counting";
  /** Why it failed. */
  fault: string | undefined;
  endedMs: number | undefined;
  readonly items: Item[] = [];
  readonly counts = { done: 0, unchanged: 0, refused: 0 };
  #next = 0;
  /** Parts of a machine that the rate has left over. */
  #allowance = 0;
  readonly #session: HttpSession;
  readonly #clock: Clock;
  #cancel: () => void = () => undefined;

  constructor({ id, task, session, clock, items }: JobOptions) {
    this.id = id;
    this.task = task;
    this.#session = session;
    this.#clock = clock;
    this.user = session.session.user.name;
    this.database = session.session.database;
    this.createdMs = clock.now();
    const known = items ?? task.keys?.map(newItem);
    if (known === undefined) void this.#collect();
    else this.#ready(known);
  }

  get isOpen(): boolean {
    return this.status === "counting" || this.status === "ready" || this.status === "running";
  }

  /** Begins, once it is known how many machines there are; false when it cannot. */
  start(): boolean {
    if (this.status !== "ready") return false;
    this.status = "running";
    void this.#step();
    return true;
  }

  /** What was done stays done. False when it has ended already. */
  stop(): boolean {
    if (!this.isOpen) return false;
    this.#end("stopped");
    return true;
  }

  #ready(items: readonly Item[]): void {
    this.items.push(...items);
    this.status = "ready";
  }

  #end(status: JobStatus, fault?: string): void {
    this.#cancel();
    this.status = status;
    this.fault = fault;
    this.endedMs = this.#clock.now();
    this.#session.close();
  }

  async #collect(): Promise<void> {
    const keys = new Set<string>();
    const filter = FILTERS.flatMap(([name, token]) => {
      const value = this.task.filter[name];
      return value === undefined ? [] : [token, value];
    });
    let cursor = "0";
    do {
      const page = await this.#session.run(["SM.SCAN", cursor, ...filter, "COUNT", String(PAGE)]);
      if (this.status !== "counting") return;
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
    this.#ready([...keys].map(newItem));
  }

  /** As many machines as the rate allows in one tick. */
  async #step(): Promise<void> {
    this.#allowance += (this.task.rate * TICK_MS) / 1000;
    const count = Math.floor(this.#allowance);
    this.#allowance -= count;
    const items = this.items.slice(this.#next, this.#next + count);
    const answers = await this.#session.runAll(items.map((item) => requestFor(this.task, item)));
    if (this.status !== "running") return;
    if (this.#session.isInputEnded) return this.#end("failed", "its session has been ended");
    for (const [index, item] of items.entries()) this.#note(item, answers[index] ?? null);
    this.#next += items.length;
    if (this.#next >= this.items.length) return this.#end("done");
    this.#cancel = this.#clock.wakeAt(this.#clock.now() + TICK_MS, () => void this.#step());
  }

  #note(item: Item, answer: Answer): void {
    if (answer instanceof AnswerError) {
      item.outcome = "refused";
      item.detail = faultOf(answer);
    } else if (answer === null || answer === 0) {
      item.outcome = "unchanged";
    } else {
      item.outcome = "done";
      if (isMap(answer)) item.detail = textsOf(answer.get("state")).join(", ");
      const rev = isMap(answer) ? answer.get("rev") : this.task.action === "undo" ? answer : undefined;
      if (typeof rev === "number") item.rev = rev;
    }
    this.counts[item.outcome] += 1;
  }
}

function newItem(key: string): Item {
  return { key, outcome: undefined, detail: "", rev: undefined };
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

/** The action that takes another one back. */
export function inverseOf(action: Action): Action | undefined {
  const inverse: Partial<Record<Action, Action>> = { send: "undo", suspend: "resume", resume: "suspend" };
  return inverse[action];
}

function requestFor({ action, event, data, reason }: Task, { key, ifRev }: Item): readonly string[] {
  const because = reason === "" ? [] : ["REASON", reason];
  switch (action) {
    case "send":
      return ["SM.SEND", key, event, ...(data === "" ? [] : [data]), ...because, "FULL"];
    case "suspend":
      return ["SM.SUSPEND", key, ...(reason === "" ? [] : [reason])];
    case "resume":
      return ["SM.RESUME", key];
    case "retry":
      return ["SM.RETRY", key];
    case "delete":
      return ["DEL", key];
    case "undo":
      return ["SM.UNDO", key, ...(ifRev === undefined ? [] : ["IFREV", String(ifRev)]), ...because];
  }
}

function faultOf(answer: Answer): string {
  return answer instanceof AnswerError ? `${answer.code} ${answer.detail}` : "the server answered nothing";
}

function textsOf(answer: Answer | undefined): readonly string[] {
  return answer !== undefined && isList(answer) ? answer.map(String) : [];
}
