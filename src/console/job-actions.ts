/** What may be done with a bulk job, each with its question. */
import { ask, curlOf } from "./api.ts";
import type { Question } from "./confirm.tsx";
import { linkTo } from "./hooks.ts";
import { several } from "./parts.tsx";

export interface Job {
  readonly id: string;
  readonly action: string;
  readonly event: string | null;
  /** JSON; in a list of jobs it is left out. */
  readonly data?: string | null;
  readonly reason: string | null;
  readonly rate: number;
  readonly filter: Readonly<Record<string, string>> | null;
  readonly status: "counting" | "ready" | "running" | "stopped" | "done" | "failed";
  readonly fault: string | null;
  readonly created: number;
  readonly ended: number | null;
  readonly machines: number;
  readonly done: number;
  readonly unchanged: number;
  readonly refused: number;
  readonly isUndoable: boolean;
}

export function jobPath(id: string): string {
  return `/api/v1/jobs/${encodeURIComponent(id)}`;
}

/** Those that its status leaves. */
export function questionsOf(job: Job): readonly Question[] {
  const { status, isUndoable } = job;
  return [
    ...(isUndoable ? [undo(job)] : []),
    ...(status === "running" || status === "counting" ? [stop(job)] : []),
    ...(status === "ready" ? [start(job), drop(job)] : []),
  ];
}

function start(job: Job): Question {
  const { action, machines, rate } = job;
  const end = action === "delete" ? " What is deleted cannot be taken back." : "";
  return {
    title: "Start",
    text: `${several(machines, "machine is", "machines are")} acted on, ${rate} a second at most. The job can be stopped.${end} redis-cli has no jobs: it acts on one machine at a time.`,
    fields: [],
    isDangerous: action === "delete",
    words: () => wordsOf(job),
    ...doing(job, "start"),
  };
}

function stop(job: Job): Question {
  return {
    title: "Stop",
    text: "The job ends behind the machine at hand, and does not go on later. What it has done stays done.",
    fields: [],
    words: () => [],
    ...doing(job, "stop"),
  };
}

function drop(job: Job): Question {
  return {
    title: "Drop",
    text: "The job is not started, and cannot be later. No machine has been changed.",
    fields: [],
    words: () => [],
    ...doing(job, "stop"),
  };
}

function undo(job: Job): Question {
  return {
    title: "Take back",
    text: `A job is made that takes this one back, for the machines to which nothing has happened since. Nothing happens yet: the page of that job has the button that starts it. redis-cli has no jobs: it acts on one machine at a time.`,
    fields: [],
    words: () => wordsOf({ ...job, ...INVERSE[job.action], reason: `takes back job ${job.id}` }),
    ...doing(job, "undo"),
  };
}

/** What takes an action back. */
const INVERSE: Readonly<Record<string, { readonly action: string }>> = {
  send: { action: "undo" },
  suspend: { action: "resume" },
  resume: { action: "suspend" },
};

function doing(job: Job, what: string): Pick<Question, "curl" | "act"> {
  const path = `${jobPath(job.id)}/${what}`;
  return {
    curl: () => curlOf(path),
    act: async () => {
      const { id } = await ask<Job>("POST", path);
      if (id !== job.id) location.hash = linkTo("jobs", id);
    },
  };
}

/** The command that each machine gets. */
function wordsOf({ action, event, data = null, reason }: Job): readonly string[] {
  const because = reason === null ? [] : ["REASON", reason];
  switch (action) {
    case "send":
      return ["SM.SEND", "KEY", event ?? "", ...(data === null ? [] : [data]), ...because];
    case "retry":
      return ["SM.RETRY", "KEY"];
    case "suspend":
      return ["SM.SUSPEND", "KEY", ...(reason === null ? [] : [reason])];
    case "resume":
      return ["SM.RESUME", "KEY"];
    case "delete":
      return ["DEL", "KEY"];
    default:
      return ["SM.UNDO", "KEY", "IFREV", "REV", ...because];
  }
}
