/** What a bulk job does: the request for each of its machines, and what its reply says. */
import { type Answer, AnswerError, isList, isMap } from "./answer.ts";

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

export type Outcome = "done" | "unchanged" | "refused";

/** What has become of a machine. */
export interface Result {
  readonly outcome: Outcome;
  readonly detail: string;
  /** After what was done. */
  readonly rev: number | undefined;
}

/** A machine of a job. `outcome` is undefined until its turn. */
export interface Item {
  readonly key: string;
  /** At which a machine is taken back, if nothing has happened to it since. */
  readonly ifRev?: number;
  outcome: Outcome | undefined;
  detail: string;
  rev: number | undefined;
}

export type JobStatus = "counting" | "ready" | "running" | "stopped" | "done" | "failed";

export const MACHINES_MAX = 100_000;
export const RATE_MAX = 10_000;

export function newItem(key: string): Item {
  return { key, outcome: undefined, detail: "", rev: undefined };
}

/** The action that takes another one back. */
export function inverseOf(action: Action): Action | undefined {
  const inverse: Partial<Record<Action, Action>> = { send: "undo", suspend: "resume", resume: "suspend" };
  return inverse[action];
}

export function requestFor({ action, event, data, reason }: Task, { key, ifRev }: Item): readonly string[] {
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

export function resultOf(action: Action, answer: Answer): Result {
  if (answer instanceof AnswerError) return { outcome: "refused", detail: faultOf(answer), rev: undefined };
  if (answer === null || answer === 0) return { outcome: "unchanged", detail: "", rev: undefined };
  const detail = isMap(answer) ? textsOf(answer.get("state")).join(", ") : "";
  const rev = isMap(answer) ? answer.get("rev") : action === "undo" ? answer : undefined;
  return { outcome: "done", detail, rev: typeof rev === "number" ? rev : undefined };
}

export function faultOf(answer: Answer): string {
  return answer instanceof AnswerError ? `${answer.code} ${answer.detail}` : "the server answered nothing";
}

function textsOf(answer: Answer | undefined): readonly string[] {
  return answer !== undefined && isList(answer) ? answer.map(String) : [];
}
