/**
 * What is asked of a bulk job that there is: how it stands, and to start, to stop or to undo it. It is done where the job is; of a
 * cluster every server may be asked, and asks on over the bus.
 */
import type { Json, JsonObject } from "../base/json.ts";
import type { JobQuestion, Question } from "../commands/other-servers.ts";
import type { Access } from "./access.ts";
import { AnswerError } from "./answer.ts";
import { BulkJob, undoable } from "./bulk-job.ts";
import { type Item, inverseOf, type Task } from "./bulk-task.ts";
import { UNANSWERED } from "./forwarding.ts";
import type { HttpSession } from "./http-session.ts";
import { summaryOf } from "./job-summary.ts";
import type { OtherJob } from "./other-jobs.ts";
import { badRequest, Problem, type ProblemStatus } from "./problem.ts";

const RESULTS = 100;

export interface JobAnswer {
  /** 201 where a job was made. */
  readonly status: 200 | 201;
  readonly job: JsonObject;
}

/** As one server tells another what it has answered. */
type ToldAnswer =
  | JobAnswer
  | { readonly status: ProblemStatus; readonly code: string; readonly detail: string };

type Asker = Pick<Question, "user" | "database">;
type At = Pick<Access, "jobs" | "server">;

/** Answers what other servers ask. */
export function answerOtherServers(at: At): void {
  at.server.asking?.answerJobs(async (asker, question): Promise<ToldAnswer> => {
    try {
      return await ownAnswer(at, asker, question);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const { status, error: answer } = error;
      return { status, code: answer.code, detail: answer.detail };
    }
  });
}

/** The answer of the server that has the job. @throws Problem */
export async function jobAnswer(at: At, asker: Asker, question: JobQuestion): Promise<JobAnswer> {
  const other = at.jobs.find(question.id, asker.user) ?? at.jobs.others?.find(question.id, asker.user);
  if (other === undefined || other instanceof BulkJob) return ownAnswer(at, asker, question);
  if (other.address === undefined) return answerForEnded(other, question);
  const replies = await at.server.asking?.ask(other.memberId, { ...asker, requests: [], job: question });
  const told = replies?.[0];
  if (typeof told === "string") return heard(at, asker, other, JSON.parse(told) as ToldAnswer);
  // How it stood a moment ago is known here, what became of its machines is not.
  if (question.step === "read") return withoutResults(other);
  throw new Problem(
    new AnswerError(
      `${UNANSWERED.code} the server ${other.address} that runs the job has not answered, and may have done what was asked: look at the job`,
    ),
  );
}

function heard({ jobs }: At, { user, database }: Asker, { memberId, address }: OtherJob, told: ToldAnswer) {
  if ("code" in told)
    throw new Problem(new AnswerError(`${told.code} ${told.detail}`), { status: told.status });
  const { status, job } = told;
  const { results, found, data, ...summary } = job;
  const isOpen = summary["ended"] === null;
  jobs.others?.learn(memberId, { id: String(job["id"]), user, database, isOpen, summary });
  return { status, job: { ...job, server: address ?? null } };
}

/** Its server has ended: what the others know of it is all there is. */
function answerForEnded(other: OtherJob, { step }: JobQuestion): JobAnswer {
  if (step === "read") return withoutResults(other);
  throw conflict(
    `the job is ${String(other.summary?.["status"])}, and the server that ran it has ended: make another one`,
  );
}

function withoutResults({ summary, address }: OtherJob): JobAnswer {
  if (summary === undefined)
    throw new Problem(new AnswerError(`CLUSTERDOWN the server ${address} that runs the job does not answer`));
  return { status: 200, job: { ...summary, found: 0, results: [] } };
}

async function ownAnswer({ jobs, server }: At, asker: Asker, question: JobQuestion): Promise<JobAnswer> {
  const { id, step, address } = question;
  const job = jobs.find(id, asker.user);
  if (job === undefined) throw badRequest(404, `there is no job '${id.slice(0, 64)}' of this user`);
  switch (step) {
    case "read":
      return { status: 200, job: withResults(job, question) };
    case "start":
      if (!job.start()) throw conflict(`the job is ${job.status}: only one that is ready can begin`);
      break;
    case "stop":
      if (!job.stop()) throw conflict(`the job is ${job.status} already`);
      break;
    case "undo": {
      const action = inverseOf(job.task.action);
      if (action === undefined) throw conflict(`what '${job.task.action}' has done cannot be taken back`);
      if (job.isOpen) throw conflict(`the job is ${job.status}: stop it first`);
      const task = { ...job.task, action, reason: `takes back job ${job.id}`, event: "", data: "" };
      const session = jobs.sessionOf(asker.user, address, asker.database);
      if (session === undefined) throw conflict(`the user '${asker.user}' may not log in any more`);
      const made = await begun({ jobs, server }, session, task, undoable(job));
      return { status: 201, job: summaryOf(made) };
    }
  }
  await job.stored;
  return { status: 200, job: summaryOf(job) };
}

/** A new job of the session's user, which has the session from then on. */
export async function begun(
  { jobs, server }: At,
  session: HttpSession,
  task: Task,
  items?: readonly Item[],
): Promise<BulkJob> {
  try {
    const job = jobs.add((id, store) => {
      const { user, database, address } = session.session;
      const head = { id, task, user: user.name, address, createdMs: server.clock.now() };
      const made = new BulkJob({ head, database, session, store, clock: server.clock });
      made.choose(items);
      return made;
    });
    await job.stored;
    return job;
  } catch (error) {
    session.close();
    throw error;
  }
}

function withResults(job: BulkJob, { outcome, from = 0 }: JobQuestion): JsonObject {
  const chosen =
    outcome === undefined ? job.items : job.items.filter((item) => (item.outcome ?? "waiting") === outcome);
  const results = chosen
    .slice(from, from + RESULTS)
    .map(({ key, outcome: what = null, detail }): Json => ({ key, outcome: what, detail }));
  const { data } = job.task;
  return { ...summaryOf(job), data: data === "" ? null : data, found: chosen.length, results };
}

function conflict(detail: string): Problem {
  return new Problem(new AnswerError(`CONFLICT ${detail}`), { status: 409 });
}
