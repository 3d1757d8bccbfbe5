/** Two versions of a definition side by side: what differs, what that means for machines, and the migration from one to the other. */
import { useMemo, useState } from "preact/hooks";
import { type Change, compareDefinitions, verdictOf } from "../definition-tests/compare.ts";
import type { Drawing } from "../drawing/geometry.ts";
import { definitionPath, get, versionsOf } from "./api.ts";
import { Chart } from "./chart.tsx";
import { linkTo, setQuery, useLoaded } from "./hooks.ts";
import { Migration } from "./migration.tsx";
import { Fault, Panel } from "./parts.tsx";
import { read } from "./simulator.ts";

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
      {from !== "" && to !== "" && from !== to && <Compared key={`${from} ${to}`} from={from} to={to} />}
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

function Compared({ from, to }: { readonly from: string; readonly to: string }) {
  const { data, error } = useLoaded(`${from} ${to}`, 0, async () => {
    const paths = [from, to].map(definitionPath);
    const [before, after] = await Promise.all(paths.map((path) => get<unknown>(path)));
    const [old, now] = await Promise.all(paths.map((path) => get<Drawing>(`${path}/drawing`)));
    return { before, after, old, now };
  });
  const changes = useMemo(() => {
    if (data === undefined) return undefined;
    const [before, after] = [data.before, data.after].map((one) => read(JSON.stringify(one)).machine);
    return before === undefined || after === undefined ? undefined : compareDefinitions(before, after);
  }, [data]);
  if (data === undefined || changes === undefined)
    return error === undefined ? <p class="hint">Being compared …</p> : <Fault error={error} />;
  const differs = new Map(
    changes.flatMap(({ state, how, event }) =>
      state === undefined ? [] : [[state, event === undefined ? how : "changed"] as const],
    ),
  );
  const verdict = verdictOf(changes);
  return (
    <>
      <Panel
        title="What differs"
        aside={<span class={`status ${verdict === "safe" ? "active" : "suspended"}`}>{verdict}</span>}
      >
        <Changes changes={changes} />
      </Panel>
      {(
        [
          [from, data.old],
          [to, data.now],
        ] as const
      ).map(([id, drawing]) =>
        drawing === undefined ? null : (
          <Panel key={id} title={id} aside={<a href={linkTo("definition", id)}>open</a>}>
            <Chart drawing={drawing} marks={() => ({ differs })} />
          </Panel>
        ),
      )}
      <Migration from={from} to={to} />
    </>
  );
}

const SHOWN = 12;

function Changes({ changes }: { readonly changes: readonly Change[] }) {
  const [isAll, setAll] = useState(false);
  if (changes.length === 0) return <p class="calm">Nothing differs for machines.</p>;
  return (
    <>
      <ul class="changes">
        {(isAll ? changes : changes.slice(0, SHOWN)).map(({ verdict, how, message }) => (
          <li key={`${how} ${message}`} class={how}>
            {message} {verdict !== "safe" && <small>{verdict}</small>}
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
