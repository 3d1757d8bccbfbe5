/** Two versions of a definition side by side: what differs, what that means for machines, and the migration from one to the other. */
import { useMemo, useState } from "preact/hooks";
import { type Change, compareDefinitions, targetsFor, verdictOf } from "../definition-tests/compare.ts";
import type { Drawing } from "../drawing/geometry.ts";
import type { Machine } from "../engine/machine.ts";
import { definitionPath, get, versionsOf } from "./api.ts";
import { type Difference, SIGNS } from "./chart-marks.ts";
import { ChartPair } from "./chart-pair.tsx";
import { setQuery, useLoaded } from "./hooks.ts";
import { Migration } from "./migration.tsx";
import { Fault, Loading, Panel } from "./parts.tsx";
import { read } from "./simulator.ts";
import { lineDifferences } from "./version-lines.ts";

export default function Versions({
  subject,
  query,
}: {
  readonly subject: string;
  readonly query: URLSearchParams;
}) {
  const { data, error } = useLoaded(`versions ${subject}`, 0, () => versionsOf(`${subject}:`));
  const ids = data?.definitions ?? [];
  const to = query.get("to") || (ids.at(-1) ?? "");
  const from = query.get("from") || (ids.filter((id) => id !== to).at(-1) ?? "");
  if (data === undefined && error === undefined) return <Loading title={`Versions of ${subject}`} />;
  return (
    <>
      <h1>
        Versions of {subject}
        <span class="choice pick">
          <Pick label="From" name="from" value={from} ids={ids} />
          <Pick label="To" name="to" value={to} ids={ids} />
        </span>
      </h1>
      <Fault error={error} />
      {data !== undefined && ids.length < 2 && (
        <p class="hint">There is one version only: nothing can be compared.</p>
      )}
      {from !== "" && to !== "" && from !== to && (
        <Compared key={`${from} ${to}`} from={from} to={to} selected={query.get("state") ?? ""} />
      )}
    </>
  );
}

function Pick({
  label,
  name,
  value,
  ids,
}: {
  readonly label: string;
  readonly name: string;
  readonly value: string;
  readonly ids: readonly string[];
}) {
  return (
    <label for={`pick-${name}`}>
      {label}
      <select
        id={`pick-${name}`}
        value={value}
        onChange={(event) => setQuery(name, event.currentTarget.value)}
      >
        {ids.map((id) => (
          <option key={id}>{id}</option>
        ))}
      </select>
    </label>
  );
}

function Compared({
  from,
  to,
  selected,
}: {
  readonly from: string;
  readonly to: string;
  /** A state that is looked at in both. */
  readonly selected: string;
}) {
  const { data, error } = useLoaded(`${from} ${to}`, 0, async () => {
    const paths = [from, to].map(definitionPath);
    const [before, after] = await Promise.all(paths.map((path) => get<unknown>(path)));
    const [old, now] = await Promise.all(paths.map((path) => get<Drawing>(`${path}/drawing`)));
    return { before, after, old, now };
  });
  const compared = useMemo(() => {
    if (data === undefined) return undefined;
    const [before, after] = [data.before, data.after].map((one) => read(JSON.stringify(one)).machine);
    if (before === undefined || after === undefined) return undefined;
    const changes = compareDefinitions(before, after);
    return { changes, deeds: deedsOf(changes, after) };
  }, [data]);
  if (data?.old === undefined || data.now === undefined || compared === undefined)
    return error === undefined ? <p class="hint">Being compared …</p> : <Fault error={error} />;
  const { old, now } = data;
  const { changes, deeds } = compared;
  const differs = new Map(
    changes.flatMap(({ state, how, event }) =>
      state === undefined ? [] : [[state, event === undefined ? how : "changed"] as const],
    ),
  );
  const select = (path: string) => setQuery("state", path === selected ? "" : path);
  const marks = { differs, onSelect: select, ...(selected === "" ? {} : { selected }) };
  const verdict = verdictOf(changes);
  return (
    <>
      <Panel
        title="What differs"
        aside={<span class={`status ${verdict === "safe" ? "active" : "suspended"}`}>{verdict}</span>}
      >
        <Changes changes={changes} selected={selected} onSelect={select} />
      </Panel>
      <Panel title="Statecharts" aside={<Legend />}>
        <ChartPair
          sides={[
            {
              ...{ id: from, drawing: old },
              marks: { ...marks, lines: lineDifferences(old, now, "removed", deeds) },
            },
            {
              ...{ id: to, drawing: now },
              marks: { ...marks, lines: lineDifferences(now, old, "added", deeds) },
            },
          ]}
        />
      </Panel>
      <Migration from={from} to={to} />
    </>
  );
}

/** The pairs of states between which something else is done, as `from\nto`. */
function deedsOf(changes: readonly Change[], after: Machine): ReadonlySet<string> {
  return new Set(
    changes.flatMap(({ how, state, event }) =>
      how !== "changed" || state === undefined || event === undefined
        ? []
        : targetsFor(after, state, event).map((target) => `${state}\n${target}`),
    ),
  );
}

const DIFFERENCES: readonly Difference[] = ["added", "removed", "changed"];

function Legend() {
  return (
    <span class="legend">
      {DIFFERENCES.map((how) => (
        <span key={how} class={how}>
          <b aria-hidden="true">{SIGNS[how]}</b> {how}
        </span>
      ))}
    </span>
  );
}

const SHOWN = 12;

function Changes({
  changes,
  selected,
  onSelect,
}: {
  readonly changes: readonly Change[];
  readonly selected: string;
  readonly onSelect: (state: string) => void;
}) {
  const [isAll, setAll] = useState(false);
  if (changes.length === 0) return <p class="calm">Nothing differs for machines.</p>;
  return (
    <>
      <ul class="changes">
        {(isAll ? changes : changes.slice(0, SHOWN)).map(({ verdict, how, state = "", message }) => (
          <li key={`${how} ${message}`} class={how}>
            {state === "" ? (
              message
            ) : (
              <button
                type="button"
                class="link"
                title={`Show ${state} in the drawings`}
                aria-pressed={state === selected}
                onClick={() => onSelect(state)}
              >
                {message}
              </button>
            )}{" "}
            {verdict !== "safe" && <small>{verdict}</small>}
          </li>
        ))}
      </ul>
      {changes.length > SHOWN && !isAll && (
        <button type="button" class="link" onClick={() => setAll(true)}>
          and {changes.length - SHOWN} more
        </button>
      )}
    </>
  );
}
