/** Machines that have been in a state longer than its sla, the longest first. */
import { command } from "./api.ts";
import { type Loaded, linkTo, useAllowed, useLoaded } from "./hooks.ts";
import { duration, Fault, Panel } from "./parts.tsx";

const SHOWN_MAX = 100;

interface Late {
  readonly state: string;
  readonly sla: number;
  readonly overdueMs: number;
  readonly definition: string;
}

type Rows = ReadonlyArray<readonly [key: string, late: Late]>;

async function overdue(definition: string): Promise<Rows> {
  const of = definition === "" ? [] : ["DEF", definition];
  const [, rows] = await command<readonly [string, Rows]>(
    ...["SM.OVERDUE", "0", ...of, "COUNT", String(SHOWN_MAX)],
  );
  return rows;
}

/** Machines that are overdue, where the user may see them. */
export function useOverdue(definition: string, database: string, tick: number): Loaded<Rows> {
  const [may] = useAllowed([["SM.OVERDUE", "0"]]);
  return useLoaded(`overdue ${database} ${definition} ${may ?? "?"}`, tick, async () =>
    may === undefined ? undefined : may ? overdue(definition) : [],
  ) as Loaded<Rows>;
}

/** Nothing where no machine is: most definitions have no `sla`. */
export function Overdue({ rows: { data, error } }: { readonly rows: Loaded<Rows> }) {
  if (error !== undefined) return <Fault error={error} />;
  if (data === undefined || data.length === 0) return null;
  return (
    <Panel title="Longer in a state than its sla allows">
      <table class="machines">
        <thead>
          <tr>
            <th scope="col">Key</th>
            <th scope="col">State</th>
            <th scope="col">Definition</th>
            <th scope="col" class="number">
              May take
            </th>
            <th scope="col" class="number">
              Late by
            </th>
          </tr>
        </thead>
        <tbody>
          {data.map(([key, late]) => (
            <tr key={`${key} ${late.state}`}>
              <td>
                <a href={linkTo("machine", key)}>{key}</a>
              </td>
              <td>{late.state === "" ? "the whole machine" : late.state}</td>
              <td>{late.definition}</td>
              <td class="number">{duration(late.sla)}</td>
              <td class="number">{duration(late.overdueMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {data.length >= SHOWN_MAX && (
        <p class="hint">
          These are the first {SHOWN_MAX}: <code>SM.OVERDUE</code> has all.
        </p>
      )}
    </Panel>
  );
}
