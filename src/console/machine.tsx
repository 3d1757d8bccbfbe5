/** A machine: where it is and was, what it accepts, why it would refuse, what it waits for, and what may be done to it. */
import type { Json } from "../base/json.ts";
import { Actions } from "./actions.tsx";
import { type HistoryEntry, type PendingEntry, scope } from "./api.ts";
import { Chart } from "./chart.tsx";
import { takenLines, withOuter } from "./chart-path.ts";
import { useQuestion } from "./confirm.tsx";
import { Context } from "./context.tsx";
import { eventName } from "./event-name.ts";
import { Events } from "./events.tsx";
import { linkTo, setQuery } from "./hooks.ts";
import { useActions, useMachine, usePast } from "./machine-data.ts";
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
  const loaded = useMachine(machineKey, query, tick);
  const { path, now, history, pending, next, definition, drawing, reload } = loaded;
  const entries = (history.data?.history ?? []).toReversed();
  const { past, isPast, shown } = usePast(machineKey, query, now.data?.rev);
  const machine = isPast ? past.data : now.data;
  const { questions, allowed, isReady } = useActions(machineKey, loaded, isPast ? shown : undefined);
  const { pose, dialog } = useQuestion(reload);
  if (now.data === undefined || !isReady)
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
        <Actions questions={questions} allowed={allowed} ask={pose} />
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
          <Chart
            drawing={drawing.data}
            marks={(drawn) => ({
              active: withOuter(machine?.state ?? []),
              visited: withOuter(visited),
              taken: takenLines(
                drawn,
                entries.filter(({ rev }) => rev <= shown),
              ),
              onCollapse: drawing.onCollapse,
              onCollapseAll: drawing.onCollapseAll,
            })}
          />
        </Panel>
      )}
      <Timeline
        entries={entries}
        shown={shown}
        onShow={(rev) => setQuery("rev", rev === now.data?.rev ? "" : String(rev))}
      />
      <div class="columns">
        {!isPast && (
          <Events machineKey={machineKey} machine={now.data} next={next} query={query} ask={pose} />
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
