/** How machines of a definition move: how long they stay, and how often each transition was taken; as heat of the drawing and as tables. */
import type { Drawing } from "../drawing/geometry.ts";
import { definitionPath, get } from "./api.ts";
import type { Marks, Rate } from "./chart-marks.ts";
import { eventName } from "./event-name.ts";
import { setQuery } from "./hooks.ts";
import { count, duration, Panel } from "./parts.tsx";

export interface Flow {
  readonly since: number;
  readonly isPartial: boolean;
  readonly states: ReadonlyArray<{
    readonly state: string;
    readonly stays: number;
    readonly p50: number;
    readonly p95: number;
  }>;
  readonly edges: ReadonlyArray<{
    readonly from: string;
    readonly to: readonly string[];
    readonly event: string;
    readonly taken: number;
    readonly lastHour: number;
  }>;
}

export function flowOf(definition: string): Promise<Flow> {
  return get<Flow>(`${definitionPath(definition)}/flow`);
}

const HEATS = [
  ["", "Machines"],
  ["stay", "Stay"],
  ["rate", "Rate"],
] as const;

/** What the heat of the drawing shows. */
export function HeatChoice({ heat }: { readonly heat: string }) {
  return (
    <fieldset class="kinds" aria-label="Heat">
      {HEATS.map(([name, title]) => (
        <button
          key={name}
          type="button"
          class="link"
          aria-pressed={heat === name}
          onClick={() => setQuery("heat", name)}
        >
          {title}
        </button>
      ))}
    </fieldset>
  );
}

/** What the heat of a drawing marks on it, beside the counts. */
export function heatMarks(heat: string, drawing: Drawing, flow: Flow | undefined): Partial<Marks> {
  if (flow === undefined || heat === "") return {};
  return heat === "stay" ? stayMarks(flow) : { heat: new Map(), rates: ratesOf(drawing, flow) };
}

function stayMarks({ states }: Flow): Partial<Marks> {
  const longest = Math.max(...states.map(({ p95 }) => p95), 1);
  return {
    heat: new Map(states.map(({ state, p95 }) => [state, levelOf(p95, longest)])),
    notes: new Map(states.map(({ state, p50, p95 }) => [state, `${short(p50)} · ${short(p95)}`])),
  };
}

/** From 1 to 5, by the square root, so that the heat of a quarter is half of it. */
function levelOf(value: number, largest: number): number {
  return 1 + Math.min(4, Math.floor(5 * Math.sqrt(value / largest)));
}

/** The transitions of each line; one in a closed state, or out of it, is a line of that state. */
function ratesOf({ boxes, lines }: Drawing, { edges }: Flow): ReadonlyMap<string, Rate> {
  const drawn = new Set(boxes.map(({ path }) => path));
  const sums = new Map<string, number>();
  for (const { from, to, lastHour } of edges) {
    for (const target of to) {
      const pair = `${shown(from, drawn)}\n${shown(target, drawn)}`;
      sums.set(pair, (sums.get(pair) ?? 0) + lastHour);
    }
  }
  const largest = Math.max(...sums.values(), 1);
  return new Map(
    lines
      .filter(({ isInitial }) => !isInitial)
      .map(({ id, from, to }) => {
        const sum = sums.get(`${from}\n${to}`) ?? 0;
        return [id, { text: `${count(sum)}/h`, level: sum === 0 ? 0 : levelOf(sum, largest) }];
      }),
  );
}

function shown(path: string, drawn: ReadonlySet<string>): string {
  let at = path;
  while (at !== "" && !drawn.has(at)) at = at.slice(0, Math.max(0, at.lastIndexOf(".")));
  return at;
}

/** A length of time, milliseconds where it is below a second. */
function stay(ms: number): string {
  return ms < 1000 ? `${ms} ms` : duration(ms);
}

/** The same as it fits into a box. */
function short(ms: number): string {
  return stay(ms).replace(" min", "m").replaceAll(" ", "");
}

export function FlowPanel({ flow }: { readonly flow: Flow }) {
  const states = flow.states.toSorted((a, b) => b.p95 - a.p95);
  const edges = flow.edges.toSorted((a, b) => b.lastHour - a.lastHour || b.taken - a.taken);
  return (
    <Panel title="How machines move">
      <p class="hint">
        Counted in memory since {new Date(flow.since).toLocaleString()}: the start of the server, or CONFIG
        RESETSTAT. A stay counts when it ends; half of them took up to p50, nineteen of twenty up to p95.
        {flow.isPartial && " There are more states and transitions than are counted."}
      </p>
      {states.length + edges.length === 0 ? (
        <p class="hint">No machine has moved since.</p>
      ) : (
        <div class="columns">
          <StayTable states={states} />
          <EdgeTable edges={edges} />
        </div>
      )}
    </Panel>
  );
}

function StayTable({ states }: Pick<Flow, "states">) {
  return (
    <table class="numbers">
      <thead>
        <tr>
          <th scope="col">State</th>
          <th scope="col" class="number">
            Stays
          </th>
          <th scope="col" class="number">
            p50
          </th>
          <th scope="col" class="number">
            p95
          </th>
        </tr>
      </thead>
      <tbody>
        {states.map(({ state, stays, p50, p95 }) => (
          <tr key={state}>
            <th scope="row">{state}</th>
            <td class="number">{count(stays)}</td>
            <td class="number">{stay(p50)}</td>
            <td class="number">{stay(p95)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function EdgeTable({ edges }: Pick<Flow, "edges">) {
  return (
    <table class="numbers">
      <thead>
        <tr>
          <th scope="col">Transition</th>
          <th scope="col" class="number">
            Last hour
          </th>
          <th scope="col" class="number">
            In all
          </th>
        </tr>
      </thead>
      <tbody>
        {edges.map(({ from, to, event, taken, lastHour }) => (
          <tr key={`${from} ${event} ${to.join()}`}>
            <th scope="row">
              <b>{event === "" ? "always" : eventName(event)}</b>{" "}
              <small>
                {from} {to.length === 0 ? "(no other state)" : `→ ${to.join(", ")}`}
              </small>
            </th>
            <td class="number">{count(lastHour)}</td>
            <td class="number">{count(taken)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
