/** Machines by definition, state, status, age and key, page by page. */
import { useState } from "preact/hooks";
import { get, type MachineInfo } from "./api.ts";
import { Bulk } from "./bulk.tsx";
import { linkTo, submitted, useLoaded } from "./hooks.ts";
import { Ago, Fault, Panel, Status } from "./parts.tsx";
import { SavedViews } from "./views.tsx";

export type Filter = Readonly<Record<string, string>>;

interface Page {
  readonly cursor: string;
  readonly machines: ReadonlyArray<MachineInfo & { readonly key: string }>;
}

const FIELDS = [
  ["definition", "Definition"],
  ["state", "State"],
  ["status", "Status"],
  ["match", "Key"],
  ["olderThan", "In the state longer than (ms)"],
  ["where", "Where"],
] as const;

const PLACEHOLDERS: Readonly<Record<string, string>> = {
  match: "order:*",
  where: "context.total > 100",
  state: "paid",
  definition: "order:v1",
};

export function Find({ query, tick }: { readonly query: URLSearchParams; readonly tick: number }) {
  const filter = Object.fromEntries(FIELDS.map(([name]) => [name, query.get(name) ?? ""]));
  const submit = submitted((given) => {
    location.hash = linkTo("find", "", Object.fromEntries(FIELDS.map(([name]) => [name, given(name)])));
  });
  return (
    <>
      <h1>Find</h1>
      <form class="filter" onSubmit={submit}>
        {FIELDS.map(([name, label]) => (
          <label key={name} for={`filter-${name}`}>
            {label}
            {name === "status" ? (
              <select id={`filter-${name}`} name={name} value={filter[name] ?? ""}>
                {["", "active", "failed", "suspended", "done", "stopped"].map((status) => (
                  <option key={status} value={status}>
                    {status === "" ? "any" : status}
                  </option>
                ))}
              </select>
            ) : (
              <input
                id={`filter-${name}`}
                name={name}
                value={filter[name] ?? ""}
                placeholder={PLACEHOLDERS[name] ?? ""}
              />
            )}
          </label>
        ))}
        <button type="submit" class="primary">
          Find
        </button>
      </form>
      <SavedViews filter={filter} />
      <Panel title="Machines" aside={<Bulk filter={filter} />}>
        <MachineTable filter={filter} tick={tick} />
      </Panel>
    </>
  );
}

/** One page of machines; the next one is asked for where it ends. */
export function MachineTable({ filter, tick }: { readonly filter: Filter; readonly tick: number }) {
  const text = new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== "")).toString();
  const [place, setPlace] = useState<{ readonly text: string; readonly cursor: string }>({
    text,
    cursor: "0",
  });
  const cursor = place.text === text ? place.cursor : "0";
  const { data, error } = useLoaded(`${text} ${cursor}`, tick, () =>
    get<Page>(`/api/v1/machines?count=100&cursor=${encodeURIComponent(cursor)}&${text}`),
  );
  return (
    <>
      <Fault error={error} />
      {data !== undefined && data.machines.length === 0 && (
        <p class="hint">
          {data.cursor === "0" ? "No machine fits." : "None on this page; there may be some on the next."}
        </p>
      )}
      {data !== undefined && data.machines.length > 0 && (
        <table class="machines">
          <thead>
            <tr>
              <th scope="col">Key</th>
              <th scope="col">State</th>
              <th scope="col">Status</th>
              <th scope="col">Definition</th>
              <th scope="col" class="number">
                Rev
              </th>
              <th scope="col">Changed</th>
            </tr>
          </thead>
          <tbody>
            {data.machines.map((machine) => (
              <tr key={machine.key}>
                <td>
                  <a href={linkTo("machine", machine.key)}>{machine.key}</a>
                </td>
                <td>{machine.state.join(", ")}</td>
                <td>
                  <Status status={machine.status} />
                </td>
                <td>{machine.definition ?? "map"}</td>
                <td class="number">{machine.rev}</td>
                <td>
                  <Ago at={machine.updated} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {data !== undefined && (data.cursor !== "0" || cursor !== "0") && (
        <p class="pager">
          <button type="button" disabled={cursor === "0"} onClick={() => setPlace({ text, cursor: "0" })}>
            First page
          </button>
          <button
            type="button"
            disabled={data.cursor === "0"}
            onClick={() => setPlace({ text, cursor: data.cursor })}
          >
            Next page
          </button>
        </p>
      )}
    </>
  );
}
