/** A machine: where it is and was, what it accepts, why it would refuse, what it waits for, and what may be done to it. */
import type { Json } from "../base/json.ts";
import type { Drawing } from "../drawing/geometry.ts";
import { Actions, actionsOf } from "./actions.tsx";
import {
  get,
  type HistoryEntry,
  type MachineInfo,
  machinePath,
  type PendingEntry,
  scope,
  versionsOf,
} from "./api.ts";
import { Chart } from "./chart.tsx";
import { takenLines, withOuter } from "./chart-path.ts";
import { useQuestion } from "./confirm.tsx";
import { Context } from "./context.tsx";
import { useDrawing } from "./drawing.ts";
import { eventName } from "./event-name.ts";
import { Events } from "./events.tsx";
import type { Relations } from "./family-lines.ts";
import { linkTo, setQuery, useLoaded } from "./hooks.ts";
import { Ago, Fault, Loading, Panel, Status, Until } from "./parts.tsx";
import { Outcomes, RawDocument, Relatives } from "./relatives.tsx";
import { Timeline } from "./timeline.tsx";

export function Machine({
  machineKey,
  query,
  tick,
}: {
  readonly machineKey: string;
  readonly query: URLSearchParams;
  readonly tick: number;
}) {
  const path = machinePath(machineKey);
  const now = useLoaded(`machine ${machineKey}`, tick, () => get<MachineInfo & Relations>(path));
  const history = useLoaded(`history ${machineKey}`, tick, () =>
    get<{ history: readonly HistoryEntry[] }>(`${path}/history?newestFirst=true&count=1000`),
  );
  const pending = useLoaded(`pending ${machineKey}`, tick, () =>
    get<{ pending: readonly PendingEntry[] }>(`${path}/pending`),
  );
  const definition = now.data?.definition ?? "";
  const drawing = useDrawing(definition, query);
  const versions = useLoaded(`versions ${definition}`, 0, async () =>
    definition === "" ? undefined : versionsOf(definition),
  );
  const entries = (history.data?.history ?? []).toReversed();
  const wanted = Number(query.get("rev") ?? 0);
  const isPast = wanted > 0 && now.data !== undefined && wanted < now.data.rev;
  const shown = isPast ? wanted : (now.data?.rev ?? 0);
  const past = useLoaded(`past ${machineKey} ${isPast ? wanted : 0}`, 0, async () =>
    isPast ? get<MachineInfo & Relations>(`${path}?rev=${wanted}`) : undefined,
  );
  const machine = isPast ? past.data : now.data;
  const reload = () => {
    now.reload();
    history.reload();
    pending.reload();
  };
  const { pose, dialog } = useQuestion(reload);
  if (now.data === undefined)
    return now.error === undefined ? (
      <Loading title={machineKey} />
    ) : (
      <Unknown machineKey={machineKey} error={now.error} />
    );
  const visited = entries.filter(({ rev }) => rev <= shown).flatMap(({ to }) => to);
  return (
    <>
      <h1>
        {machineKey} <Status status={now.data.status} />
        <Actions
          questions={actionsOf(machineKey, now.data, {
            rev: isPast ? shown : undefined,
            states: drawing.data?.boxes.filter(isEnterable).map(({ path: state }) => state) ?? [],
            versions: versions.data?.definitions.filter((id) => id !== definition) ?? [],
          })}
          ask={pose}
        />
      </h1>
      <Fault error={now.error ?? past.error ?? drawing.error} />
      <p class="facts">
        <a href={linkTo("definition", definition)}>{definition === "" ? "map machine" : definition}</a>
        <span>rev {now.data.rev}</span>
        <span>
          changed <Ago at={now.data.updated} /> ago
        </span>
        <span>
          created <Ago at={now.data.created} /> ago
        </span>
        {now.data.reason !== null && <span>“{now.data.reason}”</span>}
        <a href={linkTo("family", machineKey)}>Family</a>
        <a
          href={`${path}/export?${scope()}`}
          download={`${machineKey.replaceAll(/[^\w.-]+/g, "-")}.detent.jsonl`}
        >
          Export
        </a>
        {definition !== "" && <a href={linkTo("try", machineKey, { rev: String(shown) })}>Fork to Try</a>}
      </p>
      {definition !== "" && (
        <Panel
          title={isPast ? `At rev ${shown}` : "Now"}
          aside={<strong class="where">{machine?.state.join(", ")}</strong>}
        >
          {drawing.data === undefined ? (
            <p class="hint drawing">Drawing …</p>
          ) : (
            <Chart
              drawing={drawing.data}
              marks={{
                active: withOuter(machine?.state ?? []),
                visited: withOuter(visited),
                taken: takenLines(
                  drawing.data,
                  entries.filter(({ rev }) => rev <= shown),
                ),
                onCollapse: drawing.onCollapse,
                onCollapseAll: drawing.onCollapseAll,
              }}
            />
          )}
        </Panel>
      )}
      <Timeline
        entries={entries}
        shown={shown}
        onShow={(rev) => setQuery("rev", rev === now.data?.rev ? "" : String(rev))}
      />
      <div class="columns">
        {!isPast && (
          <Events
            machineKey={machineKey}
            machine={now.data}
            tick={tick + now.data.rev}
            query={query}
            ask={pose}
          />
        )}
        <Panel title={isPast ? `Context at rev ${shown}` : "Context"}>
          <Context
            value={(machine?.context ?? {}) as Json}
            entry={entries.findLast(({ rev }) => rev === shown)}
          />
        </Panel>
        <Notes entries={entries} />
        <Panel title="Waits for">
          <PendingList pending={pending.data?.pending ?? []} />
        </Panel>
        <Relatives machine={machine ?? now.data} />
        <Outcomes machineKey={machineKey} entries={entries} />
      </div>
      <RawDocument machine={machine ?? now.data} />
      {dialog}
    </>
  );
}

/** No machine has the key: some may have one that is like it. */
function Unknown({ machineKey, error }: { readonly machineKey: string; readonly error: Error }) {
  return (
    <>
      <h1>{machineKey}</h1>
      <Fault error={error} />
      <p class="hint">
        <a href={linkTo("find", "", { match: `*${machineKey}*` })}>Find machines</a> whose keys contain this.
      </p>
    </>
  );
}

/** A state in which a machine may be put. */
function isEnterable({ path, type, hasInside }: Drawing["boxes"][number]): boolean {
  return path !== "" && type !== "history" && !hasInside;
}

/** Changes that have changed nothing and say why: what people have written down. */
function Notes({ entries }: { readonly entries: readonly HistoryEntry[] }) {
  const notes = entries.filter(({ kind, reason, context, from, to }) => {
    const isBare = context === null || JSON.stringify(context) === "{}";
    return kind === "patch" && reason !== null && isBare && from.join() === to.join();
  });
  if (notes.length === 0) return null;
  return (
    <Panel title="Notes">
      <ul class="notes">
        {notes.toReversed().map(({ rev, at, by, reason }) => (
          <li key={rev}>
            {reason}{" "}
            <small>
              {by === null ? "" : `${by}, `}
              {new Date(at).toLocaleString()}
            </small>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function PendingList({ pending }: { readonly pending: readonly PendingEntry[] }) {
  if (pending.length === 0) return <p class="hint">Nothing: no timer, no event for later.</p>;
  return (
    <table class="numbers">
      <tbody>
        {pending.map(({ id, kind, event, due, error }) => (
          <tr key={id}>
            <th scope="row">
              {eventName(event)} <small>{kind}</small>
              {error !== undefined && error !== null && <small class="bad"> {error}</small>}
            </th>
            <td class="number">{due !== null && <Until at={due} />}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
