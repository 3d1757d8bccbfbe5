/** Machines by definition, state, status, age and key, page by page. */
import { useLayoutEffect } from "preact/hooks";
import { get, type MachineInfo } from "./api.ts";
import { Bulk } from "./bulk.tsx";
import { isSettled, linkTo, setQuery, submitted, useLoaded } from "./hooks.ts";
import { Ago, count, Fault, Panel, Status } from "./parts.tsx";
import { SavedViews } from "./views.tsx";

export type Filter = Readonly<Record<string, string>>;

interface Page {
  readonly cursor: string;
  readonly machines: ReadonlyArray<MachineInfo & { readonly key: string }>;
}

/** Machines that one request looks at, and that a page shows at least where there are so many. */
const PAGE = 100;
/** No index finds these: the machines are looked at one after the other, for so long at a time. */
const WALKED = ["where", "match"] as const;
/** Statuses that most machines may have, in any state: they are looked for in the same way. */
const COMMON = ["active", "done"];
const WALK_MS = 5000;

/** One page; where it has to be looked for, as many requests as it takes, up to a time. */
async function pageOf(
  text: string,
  from: string,
  isWalk: boolean,
): Promise<Page & { readonly looked: number }> {
  const machines = new Map<string, Page["machines"][number]>();
  const endMs = performance.now() + WALK_MS;
  let [cursor, looked] = [from, 0];
  do {
    const page = await get<Page>(
      `/api/v1/machines?count=${PAGE}&cursor=${encodeURIComponent(cursor)}&${text}`,
    );
    for (const machine of page.machines) machines.set(machine.key, machine);
    cursor = page.cursor;
    looked += PAGE;
  } while (isWalk && cursor !== "0" && machines.size < PAGE && performance.now() < endMs);
  return { machines: [...machines.values()], cursor, looked };
}

const FIELDS = [
  ["definition", "Definition"],
  ["state", "State"],
  ["status", "Status"],
  ["match", "Key"],
  ["olderThan", "For longer than"],
  ["where", "Where"],
] as const;

const PLACEHOLDERS: Readonly<Record<string, string>> = {
  match: "order:*",
  olderThan: "90s, 15m, 2h, 3d",
  where: "context.total > 100",
  state: "paid",
  definition: "order:v1",
};

export function Find({ query, tick }: { readonly query: URLSearchParams; readonly tick: number }) {
  const filter = Object.fromEntries(FIELDS.map(([name]) => [name, query.get(name) ?? ""]));
  const olderThan = millisecondsOf(filter["olderThan"] ?? "");
  const submit = submitted((given) => {
    location.hash = linkTo("find", "", Object.fromEntries(FIELDS.map(([name]) => [name, given(name)])));
  });
  return (
    <>
      <h1>Find</h1>
      {/* What is typed stays while changes come: the address alone fills the form anew. */}
      <form class="filter" key={JSON.stringify(filter)} onSubmit={submit}>
        {FIELDS.map(([name, label]) => (
          <label key={name} for={`filter-${name}`}>
            {label}
            {name === "status" ? (
              <select id={`filter-${name}`} name={name}>
                {["", "active", "failed", "suspended", "done", "stopped"].map((status) => (
                  <option key={status} value={status} selected={status === filter[name]}>
                    {status === "" ? "any" : status}
                  </option>
                ))}
              </select>
            ) : (
              <input
                id={`filter-${name}`}
                name={name}
                defaultValue={filter[name] ?? ""}
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
      {olderThan === undefined ? (
        <Fault
          error={new Error(`'${filter["olderThan"]}' is no length of time: 90s, 15m, 2h and 3d are some.`)}
        />
      ) : (
        <Panel title="Machines" aside={<Bulk filter={{ ...filter, olderThan }} />}>
          <MachineTable filter={{ ...filter, olderThan }} tick={tick} query={query} />
        </Panel>
      )}
    </>
  );
}

const UNITS: Readonly<Record<string, number>> = {
  ...{ ms: 1, "": 1, s: 1000, m: 60_000, min: 60_000 },
  ...{ h: 3_600_000, d: 86_400_000 },
};

/** A length of time in milliseconds, as text: undefined where it is none. */
function millisecondsOf(text: string): string | undefined {
  if (text.trim() === "") return "";
  const [, amount = "", unit = ""] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  const size = UNITS[unit.toLowerCase()];
  return amount === "" || size === undefined ? undefined : String(Math.round(Number(amount) * size));
}

/** One page of machines; the next one is asked for where it ends. The address says where it begins, and in which list. */
export function MachineTable({
  filter,
  tick,
  query,
  onSettled,
}: {
  readonly filter: Filter;
  readonly tick: number;
  readonly query: URLSearchParams;
  /** When it is as high as it will be. */
  readonly onSettled?: () => void;
}) {
  const text = new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== "")).toString();
  const [of = "", at = "0"] = (query.get("from") ?? "").split("|");
  const cursor = of === (filter["state"] ?? "") ? at : "0";
  const goTo = (next: string) => setQuery("from", next === "0" ? "" : `${filter["state"] ?? ""}|${next}`);
  const isWalk =
    WALKED.some((name) => (filter[name] ?? "") !== "") || COMMON.includes(filter["status"] ?? "");
  const { data, error, reload } = useLoaded(`${text} ${cursor}`, isWalk ? 0 : tick, () =>
    pageOf(text, cursor, isWalk),
  );
  const isThere = isSettled({ data, error });
  useLayoutEffect(() => {
    if (isThere) onSettled?.();
  }, [isThere]);
  return (
    <>
      <Fault error={error} />
      {data === undefined && error === undefined && (
        <p class="hint">{isWalk ? "Looking at one machine after the other …" : "Loading …"}</p>
      )}
      {isWalk && data !== undefined && (
        <p class="hint">
          Up to {count(data.looked)} machines looked at{data.cursor === "0" ? ", to the end" : ""}. This list
          does not follow changes.{" "}
          <button type="button" class="link" onClick={reload}>
            Look again
          </button>
        </p>
      )}
      {data !== undefined && data.machines.length === 0 && (
        <p class="hint">{data.cursor === "0" ? "No machine fits." : "None so far; the next page goes on."}</p>
      )}
      {data !== undefined && data.machines.length > 0 && (
        <table class="machines">
          <Head />
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
                <td class="when">
                  <Ago at={machine.updated} /> ago
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {data !== undefined && (data.cursor !== "0" || cursor !== "0") && (
        <p class="pager">
          <button type="button" disabled={cursor === "0"} onClick={() => goTo("0")}>
            First page
          </button>
          <button type="button" disabled={data.cursor === "0"} onClick={() => goTo(data.cursor)}>
            Next page
          </button>
        </p>
      )}
    </>
  );
}

function Head() {
  return (
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
  );
}
