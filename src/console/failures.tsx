/** What has failed, by its cause, and the recent refusals that no client received. */
import { ask, get } from "./api.ts";
import { type Question, useQuestion } from "./confirm.tsx";
import { eventName } from "./event-name.ts";
import { isSettled, linkTo, useAllowed, useLoaded, useReady, useSlowly } from "./hooks.ts";
import { latestEntries } from "./latest-entries.ts";
import { Overdue, useOverdue } from "./overdue.tsx";
import { Ago, count, Fault, Loading, Panel } from "./parts.tsx";

interface Group {
  readonly definition: string | null;
  readonly state: string;
  readonly event: string;
  readonly code: string;
  readonly message: string;
  readonly count: number;
  readonly first: number;
  readonly last: number;
  readonly keys: readonly string[];
}

interface Failures {
  readonly groups: readonly Group[];
  readonly machines: number;
  readonly cursor: string;
}

/** Failed machines are looked for at most so often, while their number changes. */
const LOOK_MS = 3000;
const REFUSALS_MAX = 1000;
const KEYS_SHOWN = 5;
/** Codes of steps that have failed: they stand above, until they are put right. */
const FAILURES: ReadonlySet<string> = new Set(["EXECFAIL", "INVARIANT", "REJECTED", "ERR"]);

export function Failures({
  query,
  tick,
  database,
}: {
  readonly query: URLSearchParams;
  readonly tick: number;
  readonly database: string;
}) {
  const definition = query.get("definition") ?? "";
  const of = `definition=${encodeURIComponent(definition)}`;
  // A counter: to find failed machines is a walk, which is done when their number has changed.
  const counted = useLoaded(`failed ${database} ${definition}`, tick, () =>
    get<{ readonly count: number }>(`/api/v1/counts?status=failed&${definition === "" ? "" : of}`),
  );
  const number = useSlowly(counted.data?.count, LOOK_MS);
  const failed = useLoaded(`failures ${database} ${definition}`, number ?? -1, async () =>
    number === undefined ? undefined : get<Failures>(`/api/v1/failures?${of}`),
  );
  const refused = useLoaded(`refusals ${database}`, tick, refusals);
  const late = useOverdue(definition, database, tick);
  const { pose, dialog } = useQuestion(failed.reload);
  const [mayRetry] = useAllowed([["SM.RETRY", "x"]]);
  const isReady = useReady("failures", [failed, refused, late].every(isSettled) && mayRetry !== undefined);
  const groups = failed.data?.groups ?? [];
  if (!isReady) return <Loading title="Failures" />;
  return (
    <>
      <h1>Failures</h1>
      <Fault error={counted.error ?? failed.error ?? refused.error} />
      {failed.data !== undefined && groups.length === 0 && (
        <p class="calm">No step of a machine has failed.</p>
      )}
      {groups.map((group) => (
        <Cause
          key={`${group.definition} ${group.state} ${group.event} ${group.code} ${group.message}`}
          group={group}
          {...(mayRetry === true ? { onRetry: () => pose(retryOf(group)) } : {})}
        />
      ))}
      {failed.data !== undefined && failed.data.cursor !== "0" && (
        <p class="hint">There are more: these are of the machines that were looked at first.</p>
      )}
      <Overdue rows={late} />
      <Panel title="Refused, and no client got the error">
        {refused.data?.length === 0 && (
          <p class="hint">None. A client got the error of every event that was refused.</p>
        )}
        {(refused.data?.length ?? 0) > 0 && <Refused rows={refused.data ?? []} />}
      </Panel>
      {dialog}
    </>
  );
}

function Cause({ group, onRetry }: { readonly group: Group; readonly onRetry?: () => void }) {
  const { definition, state, event, code, message, first, last, keys } = group;
  return (
    <article class="panel cause">
      <header>
        <h2>
          <span class="count">{count(group.count)}</span> {eventName(event)} in {state}
          {definition !== null && <a href={linkTo("definition", definition, { state })}>{definition}</a>}
        </h2>
        {onRetry !== undefined && (
          <button type="button" onClick={onRetry}>
            Retry all {count(keys.length)}
          </button>
        )}
      </header>
      <p class="message">
        <strong>{code}</strong> <code>{message}</code>
      </p>
      <p class="facts">
        <span>
          last <Ago at={last} /> ago
        </span>
        <span>
          first <Ago at={first} /> ago
        </span>
        <span>
          {keys.slice(0, KEYS_SHOWN).map((key) => (
            <a key={key} href={linkTo("machine", key)}>
              {key}
            </a>
          ))}
          {keys.length > KEYS_SHOWN && ` and ${count(keys.length - KEYS_SHOWN)} more`}
        </span>
      </p>
    </article>
  );
}

/** A bulk job over the machines of the group, which begins at once: they were counted already. */
function retryOf({ keys }: Group): Question {
  return {
    title: `Retry ${count(keys.length)}`,
    text: "Each machine does its failed steps again, in their order, up to the first that fails again. The job has a page of its own.",
    fields: [{ name: "rate", label: "Machines a second", value: "50" }],
    words: () => ["SM.RETRY", keys[0] ?? ""],
    act: async ({ rate = "50" }) => {
      const body = { action: "retry", keys, rate: Number(rate) };
      const { id } = await ask<{ readonly id: string }>("POST", "/api/v1/jobs", body);
      await ask("POST", `/api/v1/jobs/${id}/start`);
      location.hash = linkTo("jobs", id);
    },
  };
}

interface RefusedRow {
  readonly cause: string;
  readonly definition: string;
  readonly event: string;
  readonly code: string;
  readonly message: string;
  count: number;
  first: number;
  last: number;
  key: string;
}

/** The latest entries of the stream of refusals, by definition, event, code and text. */
async function refusals(): Promise<readonly RefusedRow[]> {
  const rows = new Map<string, RefusedRow>();
  for (const { fields } of await latestEntries("REFUSALS", "sm:refusals", REFUSALS_MAX)) {
    const of = (name: string) => fields.get(name) ?? "";
    if (FAILURES.has(of("code"))) continue;
    const message = of("message").replace(/ \([^()]* = .*\)$/, "");
    const cause = JSON.stringify([of("def"), of("event"), of("code"), message]);
    const at = Number(of("at"));
    const row = rows.get(cause) ?? {
      ...{ cause, definition: of("def"), event: of("event"), code: of("code"), message },
      ...{ count: 0, first: at, last: at, key: of("key") },
    };
    rows.set(cause, row);
    row.count += 1;
    row.first = Math.min(row.first, at);
  }
  return [...rows.values()].sort((a, b) => b.count - a.count);
}

function Refused({ rows }: { readonly rows: readonly RefusedRow[] }) {
  return (
    <table class="machines">
      <thead>
        <tr>
          <th scope="col" class="number">
            Count
          </th>
          <th scope="col">Code</th>
          <th scope="col">What</th>
          <th scope="col">Definition</th>
          <th scope="col">Last</th>
          <th scope="col">First</th>
          <th scope="col">For example</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.cause}>
            <td class="number">{count(row.count)}</td>
            <td>
              <b>{row.code}</b>
            </td>
            <td>{row.message}</td>
            <td>{row.definition}</td>
            <td class="when">
              <Ago at={row.last} /> ago
            </td>
            <td class="when">
              <Ago at={row.first} /> ago
            </td>
            <td>
              <a href={linkTo("machine", row.key)}>{row.key}</a>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
