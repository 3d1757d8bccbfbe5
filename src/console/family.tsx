/** A machine with its parent, its children and what it has sent, as one sequence diagram: who, when, to whom. */
import { get, type HistoryEntry, type MachineInfo, machinePath } from "./api.ts";
import { type Effect, type Line, type Member, type Relations, sequenceOf } from "./family-lines.ts";
import { linkTo, useLoaded } from "./hooks.ts";
import { Fault, Panel } from "./parts.tsx";

const MEMBERS_MAX = 12;
const LINES_MAX = 200;
const LANE = 190;
const LEFT = 96;
const HEAD = 46;
const ROW = 34;

export function Family({ machineKey, tick }: { readonly machineKey: string; readonly tick: number }) {
  const { data, error } = useLoaded(`family ${machineKey}`, tick, () => familyOf(machineKey));
  return (
    <>
      <h1>
        Family of <a href={linkTo("machine", machineKey)}>{machineKey}</a>
      </h1>
      <Fault error={error} />
      {data !== undefined && (
        <Panel title="What happened, from top to bottom">
          <Diagram members={data} of={machineKey} />
        </Panel>
      )}
    </>
  );
}

async function member(key: string): Promise<Member | undefined> {
  try {
    const [info, { history }, { effects }] = await Promise.all([
      get<MachineInfo & Relations>(machinePath(key)),
      get<{ readonly history: readonly HistoryEntry[] }>(
        `${machinePath(key)}/history?newestFirst=true&count=${LINES_MAX}`,
      ),
      get<{ readonly effects: readonly Effect[] }>(`${machinePath(key)}/effects`),
    ]);
    return { key, info, history: history.toReversed(), effects };
  } catch {
    // It is gone, or not for this user.
    return undefined;
  }
}

/** The parent first, then the machine, then its children. */
async function familyOf(key: string): Promise<readonly Member[]> {
  const self = await member(key);
  if (self === undefined) throw new Error("There is no such machine.");
  const above = self.info.parent ?? undefined;
  const keys = (self.info.children ?? []).flatMap(({ key: child }) => (child === null ? [] : [child]));
  const [parent, ...children] = await Promise.all([
    above === undefined ? undefined : member(above),
    ...keys.slice(0, MEMBERS_MAX).map(member),
  ]);
  return [parent, self, ...children].filter((one) => one !== undefined);
}

function Diagram({ members, of }: { readonly members: readonly Member[]; readonly of: string }) {
  const { lanes, lines } = sequenceOf(members, LINES_MAX);
  const width = LEFT + lanes.length * LANE + 40;
  const height = HEAD + (lines.length + 1) * ROW;
  const x = (lane: number) => (lane < 0 ? 12 : LEFT + lane * LANE + LANE / 2);
  return (
    <div class="canvas">
      <svg class="sequence" width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
        <title>{`What ${of} and its family have done`}</title>
        <defs>
          <marker id="to" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
            <path d="M0 0 L8 4 L0 8 z" class="head" />
          </marker>
        </defs>
        {lanes.map(({ key, title, more, kind }, lane) => (
          <g key={`${kind} ${title}`} class={key === of ? "self" : kind}>
            <line x1={x(lane)} x2={x(lane)} y1={HEAD - 8} y2={height} class="life" />
            {key === undefined ? (
              <Head x={x(lane)} title={title} more={more} />
            ) : (
              <a href={linkTo("machine", key)}>
                <Head x={x(lane)} title={title} more={more} />
              </a>
            )}
          </g>
        ))}
        {lines.map((line, row) => (
          <Step key={line.order} line={line} y={HEAD + (row + 0.7) * ROW} x={x} />
        ))}
      </svg>
    </div>
  );
}

function Head({ x, title, more }: { readonly x: number; readonly title: string; readonly more: string }) {
  return (
    <>
      <rect x={x - LANE / 2 + 8} y={4} width={LANE - 16} height={34} rx={6} class="box" />
      <text x={x} y={18} text-anchor="middle" class="title">
        {shortened(title)}
      </text>
      <text x={x} y={31} text-anchor="middle" class="quiet">
        {shortened(more)}
      </text>
    </>
  );
}

function Step({
  line: { at, from, to, text, state },
  y,
  x,
}: {
  readonly line: Line;
  readonly y: number;
  readonly x: (lane: number) => number;
}) {
  const isOwn = from === to;
  const [start, end] = [x(from), x(to)];
  const label = isOwn
    ? ({ at: end + 12, anchor: "start" } as const)
    : ({ at: (start + end) / 2, anchor: "middle" } as const);
  return (
    <g class="step">
      <title>{new Date(at).toLocaleString()}</title>
      {isOwn ? (
        <circle cx={end} cy={y} r={4} class="dot" />
      ) : (
        <line
          x1={start}
          x2={end > start ? end - 2 : end + 2}
          y1={y}
          y2={y}
          class="message"
          marker-end="url(#to)"
        />
      )}
      <text x={label.at} y={isOwn ? y + 4 : y - 5} text-anchor={label.anchor}>
        {shortened(text)}
      </text>
      <text x={isOwn ? end + 12 : end + 8} y={isOwn ? y + 16 : y + 12} class="state">
        {shortened(state)}
      </text>
    </g>
  );
}

const LABEL_MAX = 26;

function shortened(text: string): string {
  return text.length > LABEL_MAX ? `${text.slice(0, LABEL_MAX - 1)}…` : text;
}
