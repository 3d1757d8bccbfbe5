/** The first page: what needs a person, what there is, and how the server is. */
import { serverInfo } from "./api.ts";
import { Beginning, DemoEnd } from "./beginning.tsx";
import { linkTo, useLoaded } from "./hooks.ts";
import { bytes, commandName, count, duration, Fault, Loading, Panel, several } from "./parts.tsx";
import { RateLine, type Rates, useRates } from "./rates.tsx";

type Info = ReadonlyMap<string, string>;

function number(info: Info, name: string): number {
  return Number(info.get(name) ?? 0);
}

interface DefinitionFigures {
  readonly id: string;
  readonly byStatus: ReadonlyMap<string, number>;
  readonly byState: ReadonlyMap<string, number>;
}

/** `definition_0_order:v1` and `state_0_order:v1/paid`, of the database at hand. */
function definitionsOf(info: Info, database: string): readonly DefinitionFigures[] {
  const found = new Map<string, { byStatus: Map<string, number>; byState: Map<string, number> }>();
  const form = new RegExp(`^(definition|state)_${database}_([^/]*)/?(.*)$`);
  for (const [name, value] of info) {
    const [, kind, id = "", state = ""] = form.exec(name) ?? [];
    if (kind === undefined) continue;
    const figures = found.get(id) ?? { byStatus: new Map(), byState: new Map() };
    found.set(id, figures);
    for (const part of value.split(",")) {
      const [status = "", text = "0"] = part.split("=");
      if (kind === "definition") figures.byStatus.set(status, Number(text));
      else figures.byState.set(state, (figures.byState.get(state) ?? 0) + Number(text));
    }
  }
  return [...found].map(([id, figures]) => ({ id, ...figures }));
}

export function Overview({
  tick,
  database,
  isLive,
}: {
  readonly tick: number;
  readonly database: string;
  readonly isLive: boolean;
}) {
  const rates = useRates(isLive, database);
  const { data: info, error, reload } = useLoaded(`overview ${database}`, tick, serverInfo);
  if (info === undefined) return error === undefined ? <Loading title="Overview" /> : <Fault error={error} />;
  const definitions = definitionsOf(info, database);
  return (
    <>
      <h1>Overview</h1>
      <Fault error={error} />
      <Needs info={info} />
      <Tiles info={info} />
      {definitions.length === 0 ? (
        <Beginning onDone={reload} />
      ) : (
        <Definitions definitions={definitions} rates={rates} onDone={reload} />
      )}
      <div class="columns">
        <Refusals info={info} />
        <Groups info={info} database={database} />
        <SlowCommands info={info} />
      </div>
    </>
  );
}

function Needs({ info }: { readonly info: Info }) {
  const needs = [
    [
      info.get("aof_last_write_status") === "err",
      "The store takes no writes: see the log of the server.",
      "find",
      {},
    ],
    [
      number(info, "machines_failed") > 0,
      `${several(number(info, "machines_failed"), "machine has", "machines have")} failed.`,
      "failures",
      {},
    ],
    [
      number(info, "machines_overdue") > 0,
      `${several(number(info, "machines_overdue"), "machine has", "machines have")} been in a state longer than its sla, by up to ${duration(number(info, "machines_overdue_ms"))}.`,
      "failures",
      {},
    ],
    [
      number(info, "dead_letters") > 0,
      `${several(number(info, "dead_letters"), "task was", "tasks were")} given up.`,
      "streams",
      {},
    ],
    [
      number(info, "timers_late") > 0,
      `${several(number(info, "timers_late"), "timer is", "timers are")} late, the first by ${duration(number(info, "timers_lateness_ms"))}.`,
      "",
      {},
    ],
    [
      number(info, "machines_suspended") > 0,
      `${several(number(info, "machines_suspended"), "machine is", "machines are")} suspended.`,
      "find",
      { status: "suspended" },
    ],
    [number(info, "internal_errors") > 0, "The server has met a fault of its own: see its log.", "", {}],
  ] as const;
  const open = needs.filter(([isOpen]) => isOpen);
  if (open.length === 0) return <p class="calm">Nothing needs attention.</p>;
  return (
    <ul class="needs" aria-label="What needs you">
      {open.map(([, text, page, query]) => (
        <li key={text}>{page === "" ? text : <a href={linkTo(page, "", query)}>{text}</a>}</li>
      ))}
    </ul>
  );
}

function Tiles({ info }: { readonly info: Info }) {
  const ofOne = number(info, "servers") > 1 ? ", of this server" : "";
  const tiles: ReadonlyArray<readonly [string, string, string]> = [
    ["Machines", count(number(info, "machines")), `${count(number(info, "machines_done"))} done`],
    ["Timers", timersText(number(info, "timers_pending")), "armed"],
    ["Tasks", count(number(info, "tasks")), `${count(number(info, "tasks_pending"))} with workers`],
    [
      "Commands",
      `${count(number(info, "instantaneous_ops_per_sec"))}/s`,
      `${count(number(info, "total_commands_processed"))} so far`,
    ],
    [
      "Clients",
      count(number(info, "connected_clients")),
      `${count(number(info, "blocked_clients"))} blocked`,
    ],
    [
      "Memory",
      bytes(number(info, "used_memory_rss")),
      `${bytes(number(info, "store_data_bytes"))} on disk${ofOne}`,
    ],
    [
      "Sync",
      `${number(info, "store_fsync_last_ms").toFixed(1)} ms`,
      `fsync ${info.get("store_fsync_policy") ?? ""}${ofOne}`,
    ],
  ];
  return (
    <dl class="tiles">
      {tiles.map(([name, value, more]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
          <dd class="more">{more}</dd>
        </div>
      ))}
    </dl>
  );
}

/** INFO counts no more than this. */
const TIMERS_COUNTED = 10_000;

function timersText(pending: number): string {
  return pending >= TIMERS_COUNTED ? `${count(TIMERS_COUNTED)}+` : count(pending);
}

function Definitions({
  definitions,
  rates,
  onDone,
}: {
  readonly definitions: readonly DefinitionFigures[];
  readonly rates: Rates;
  readonly onDone: () => void;
}) {
  return (
    <Panel
      title="Definitions"
      aside={definitions.some(({ id }) => id.startsWith("demo-")) && <DemoEnd onDone={onDone} />}
    >
      <div class="cards">
        {definitions.map(({ id, byStatus, byState }) => {
          const total = [...byStatus.values()].reduce((sum, value) => sum + value, 0);
          const states = [...byState].sort((a, b) => b[1] - a[1]);
          const largest = Math.max(1, ...byState.values());
          return (
            <article key={id} class="card">
              <h3>
                {id === "" ? "Map machines" : <a href={linkTo("definition", id)}>{id}</a>}
                <span class="total">{count(total)}</span>
              </h3>
              <RateLine rate={rates.get(id)} />
              <table class="bars">
                <tbody>
                  {states.slice(0, 8).map(([state, machines]) => (
                    <tr key={state}>
                      <th scope="row">
                        <a href={linkTo("find", "", id === "" ? { state } : { definition: id, state })}>
                          {state}
                        </a>
                      </th>
                      <td>
                        <meter min={0} max={largest} value={machines}>
                          {machines}
                        </meter>
                      </td>
                      <td class="number">{count(machines)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
              {states.length > 8 && <p class="hint">and {states.length - 8} more</p>}
            </article>
          );
        })}
      </div>
    </Panel>
  );
}

const REFUSALS =
  /^errorstat_(ILLEGAL|GUARD|REJECTED|INVARIANT|DUPID|STALE|SUSPENDED|DONE|NOSTATE|EXECFAIL|NOMACHINE|NODEF)$/;

function Refusals({ info }: { readonly info: Info }) {
  const rows = [...info].flatMap(([name, value]): ReadonlyArray<readonly [string, number]> => {
    const code = REFUSALS.exec(name)?.[1];
    return code === undefined ? [] : [[code, Number(value.replace("count=", ""))]];
  });
  return (
    <Panel title="Refusals">
      <Numbers rows={rows.sort((a, b) => b[1] - a[1])} empty="None since the start." />
    </Panel>
  );
}

function Numbers({
  rows,
  empty,
}: {
  readonly rows: ReadonlyArray<readonly [string, number | string]>;
  readonly empty: string;
}) {
  if (rows.length === 0) return <p class="hint">{empty}</p>;
  return (
    <table class="numbers">
      <tbody>
        {rows.map(([name, value]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td class="number">{typeof value === "number" ? count(value) : value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Groups({ info, database }: { readonly info: Info; readonly database: string }) {
  const rows = [...info].flatMap(([name, value]): ReadonlyArray<readonly [string, string]> => {
    const prefix = `group_${database}_`;
    if (!name.startsWith(prefix)) return [];
    const fields = new Map(
      value.split(",").map((part): [string, string] => [part.split("=")[0] ?? "", part.split("=")[1] ?? ""]),
    );
    return [
      [name.slice(prefix.length), `lag ${fields.get("lag") ?? ""} · pending ${fields.get("pending") ?? ""}`],
    ];
  });
  return (
    <Panel title="Consumer groups">
      <Numbers rows={rows} empty="No consumer group reads the streams of changes and tasks." />
    </Panel>
  );
}

function SlowCommands({ info }: { readonly info: Info }) {
  const rows = [...info]
    .flatMap(([name, value]): ReadonlyArray<readonly [string, number]> => {
      if (!name.startsWith("cmdstat_")) return [];
      return [
        [commandName(name.slice("cmdstat_".length)), Number(/usec_per_call=([\d.]+)/.exec(value)?.[1] ?? 0)],
      ];
    })
    .sort((a, b) => b[1] - a[1])
    .slice(0, 6);
  return (
    <Panel title="Slowest commands, mean">
      <Numbers rows={rows.map(([name, us]) => [name, `${(us / 1000).toFixed(2)} ms`])} empty="None yet." />
    </Panel>
  );
}
