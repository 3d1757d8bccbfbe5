/** Bulk jobs: those there are, and each with its progress and what became of its machines. */
import { useEffect, useState } from "preact/hooks";
import { get } from "./api.ts";
import { useQuestion } from "./confirm.tsx";
import { linkTo, setQuery, useLoaded } from "./hooks.ts";
import { type Job, jobPath, questionsOf } from "./job-actions.ts";
import { Ago, count, Fault, Panel, several } from "./parts.tsx";

interface Results extends Job {
  readonly found: number;
  readonly results: ReadonlyArray<{
    readonly key: string;
    readonly outcome: string | null;
    readonly detail: string;
  }>;
}

const PAGE = 100;
const LOOK_MS = 500;
const OUTCOMES = ["", "done", "unchanged", "refused", "waiting"];

export function Jobs({ subject, query }: { readonly subject: string; readonly query: URLSearchParams }) {
  return subject === "" ? <JobList /> : <JobPage key={subject} id={subject} query={query} />;
}

/** A number that grows while a job goes on. */
function useTicks(isOn: boolean): number {
  const [tick, setTick] = useState(0);
  useEffect(() => {
    if (!isOn) return;
    const timer = setInterval(() => setTick((value) => value + 1), LOOK_MS);
    return () => clearInterval(timer);
  }, [isOn]);
  return tick;
}

function isOpen(job: Job | undefined): boolean {
  return job?.status === "counting" || job?.status === "running";
}

function titleOf({ action, event }: Job): string {
  return event === null ? action : `${action} ${event}`;
}

function filterText({ filter, machines }: Job): string {
  if (filter === null) return `${count(machines)} machines that were named`;
  const parts = Object.entries(filter).map(([name, value]) => `${name} ${value}`);
  return parts.length === 0 ? "all machines" : parts.join(", ");
}

function Lasting() {
  return (
    <p class="hint">
      Jobs are stored: after a restart of the server, those that ran go on by themselves. In a cluster they
      live in the memory of the server that was asked, and stop with it. What a job has done stays done.
    </p>
  );
}

function JobList() {
  const [isBusy, setBusy] = useState(true);
  const tick = useTicks(isBusy);
  const { data, error } = useLoaded("jobs", tick, () => get<{ jobs: readonly Job[] }>("/api/v1/jobs"));
  const someOpen = data?.jobs.some(isOpen) ?? true;
  useEffect(() => setBusy(someOpen), [someOpen]);
  return (
    <>
      <h1>Bulk jobs</h1>
      <Lasting />
      <Fault error={error} />
      {data?.jobs.length === 0 && (
        <Panel title="None yet">
          <p class="hint">
            A job applies one action to many machines: <a href={linkTo("find")}>find</a> them, then choose the
            action.
          </p>
        </Panel>
      )}
      {(data?.jobs.length ?? 0) > 0 && (
        <Panel title="Jobs of yours, the latest first">
          <table class="machines">
            <thead>
              <tr>
                <th scope="col">Job</th>
                <th scope="col">What</th>
                <th scope="col">Machines</th>
                <th scope="col">Status</th>
                <th scope="col">Progress</th>
                <th scope="col">Begun</th>
              </tr>
            </thead>
            <tbody>
              {data?.jobs.map((job) => (
                <tr key={job.id}>
                  <td>
                    <a href={linkTo("jobs", job.id)}>{job.id}</a>
                  </td>
                  <td>{titleOf(job)}</td>
                  <td>{filterText(job)}</td>
                  <td>
                    <span class={`status ${job.status}`}>{job.status}</span>
                  </td>
                  <td>
                    <Progress job={job} />
                  </td>
                  <td class="when">
                    <Ago at={job.created} /> ago
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Panel>
      )}
    </>
  );
}

function Progress({ job }: { readonly job: Job }) {
  const { done, unchanged, refused, machines } = job;
  const past = done + unchanged + refused;
  return (
    <span class="progress">
      <progress max={Math.max(1, machines)} value={past} aria-label="Progress" />
      <small>
        {count(past)} of {count(machines)}
      </small>
    </span>
  );
}

function JobPage({ id, query }: { readonly id: string; readonly query: URLSearchParams }) {
  const outcome = query.get("outcome") ?? "";
  const from = Number(query.get("from") ?? 0);
  const [isBusy, setBusy] = useState(true);
  const tick = useTicks(isBusy);
  const path = jobPath(id);
  const filter = `from=${from}${outcome === "" ? "" : `&outcome=${outcome}`}`;
  const {
    data: job,
    error,
    reload,
  } = useLoaded(`${path} ${filter}`, tick, () => get<Results>(`${path}?${filter}`));
  const isGoing = job === undefined || isOpen(job);
  useEffect(() => setBusy(isGoing), [isGoing]);
  const { pose, dialog } = useQuestion(reload);
  if (job === undefined) return <Fault error={error} />;
  return (
    <>
      <h1>
        Job {id}: {titleOf(job)} <span class={`status ${job.status}`}>{job.status}</span>
        <span class="actions">
          {questionsOf(job).map((question) => (
            <button
              type="button"
              key={question.title}
              class={question.title === "Start" ? "primary" : ""}
              onClick={() => pose(question)}
            >
              {question.title}
            </button>
          ))}
        </span>
      </h1>
      <Fault error={error} />
      <p class="facts">
        <span>{filterText(job)}</span>
        <span>{job.rate} a second</span>
        {(job.data ?? null) !== null && (
          <span>
            with <code>{job.data}</code>
          </span>
        )}
        {job.reason !== null && <span>“{job.reason}”</span>}
        <span>
          made <Ago at={job.created} /> ago
        </span>
        {job.fault !== null && <span class="bad">{job.fault}</span>}
      </p>
      {job.status === "ready" && (
        <p class="needs">
          {several(job.machines, "machine fits", "machines fit")}. Nothing has been changed yet: Start runs
          the job.
          {job.action === "delete" && " What is deleted cannot be taken back."}
        </p>
      )}
      <Panel title="Progress" aside={<Progress job={job} />}>
        <dl class="tiles">
          {(["done", "unchanged", "refused"] as const).map((name) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{count(job[name])}</dd>
            </div>
          ))}
        </dl>
      </Panel>
      <Panel
        title={`Machines (${count(job.found)})`}
        aside={
          <span class="choice">
            {OUTCOMES.map((name) => (
              <button
                type="button"
                class="link"
                key={name}
                aria-pressed={outcome === name}
                onClick={() => {
                  setQuery("from", "");
                  setQuery("outcome", name);
                }}
              >
                {name === "" ? "all" : name}
              </button>
            ))}
          </span>
        }
      >
        {job.results.length === 0 && <p class="hint">None.</p>}
        <table class="machines">
          <tbody>
            {job.results.map(({ key, outcome: what, detail }) => (
              <tr key={key}>
                <td>
                  <a href={linkTo("machine", key)}>{key}</a>
                </td>
                <td>
                  <span class={`status ${what ?? ""}`}>{what ?? "waiting"}</span>
                </td>
                <td>{detail}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {job.found > PAGE && (
          <p class="pager">
            <button
              type="button"
              disabled={from === 0}
              onClick={() => setQuery("from", String(Math.max(0, from - PAGE)))}
            >
              Previous
            </button>
            <button
              type="button"
              disabled={from + PAGE >= job.found}
              onClick={() => setQuery("from", String(from + PAGE))}
            >
              Next
            </button>
          </p>
        )}
      </Panel>
      {dialog}
    </>
  );
}
