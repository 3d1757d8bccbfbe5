/** What the subcommand has found, as lines. */
import { type Gap, isRare, type Move, type Observed, type Rareness, type Seen } from "./moves.ts";

export interface Judged {
  readonly observed: Observed;
  readonly rareness: Rareness;
  /** Of a definition that was given: whether it has a move. */
  readonly allows: ((from: string, to: string) => boolean) | undefined;
  /** States that it does not have. */
  readonly strangers: readonly string[];
  readonly initial: string;
  readonly ends: readonly string[];
  readonly forks: readonly string[];
}

/** The moves of rows, sorted into those that a definition has, those that are rare and those that it does not have. */
export function sorted({ observed, rareness, allows }: Pick<Judged, "observed" | "rareness" | "allows">) {
  const { moves } = observed;
  const illegal = allows === undefined ? [] : moves.filter(({ from, to }) => !allows(from, to));
  const legal = moves.filter((move) => !illegal.includes(move));
  const rare = legal.filter((move) => isRare(move, observed, rareness));
  return { illegal, rare, usual: legal.filter((move) => !rare.includes(move)) };
}

export function reportLines(judged: Judged): readonly string[] {
  const { observed, initial, ends, strangers, forks } = judged;
  const { illegal, rare, usual } = sorted(judged);
  const states = [...observed.states].map(([name, count]) => {
    const marks = [
      ...(name === initial ? ["initial"] : []),
      ...(ends.includes(name) ? ["final"] : []),
      ...(strangers.includes(name) ? ["not in the definition"] : []),
    ];
    return [name, `${number(count)}${marks.length === 0 ? "" : `  ${marks.join(", ")}`}`] as const;
  });
  return [
    ...section("States, and rows in them", columns(states)),
    ...section("Moves", columns(usual.map((move) => [moveText(move), number(move.count)]))),
    ...section("Rare", columns(rare.map((move) => [moveText(move), seenText(move)]))),
    ...section("Illegal", columns(illegal.map((move) => [moveText(move), seenText(move)]))),
    ...section(
      "What does not fit together",
      columns(observed.gaps.map((gap) => [gapText(gap), seenText(gap)])),
    ),
    ...notes(observed, forks).map((note) => `Note: ${note}`),
  ];
}

function notes(
  { withoutState, unmoved, moves, states }: Observed,
  forks: readonly string[],
): readonly string[] {
  return [
    ...(withoutState.count > 0 ? [`rows without a state are left out: ${seenText(withoutState)}`] : []),
    ...(unmoved > 0 ? [`${number(unmoved)} entries leave the state as it is and are left out`] : []),
    ...(moves.length === 0 && states.size > 0
      ? ["no moves are known: name a table with them, --history"]
      : []),
    ...forks.map((fork) => `${fork} leads to several states: each has a guard on 'to' of the event's data`),
  ];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`)];
}

/** Two columns, the second one in line. */
function columns(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.min(60, Math.max(0, ...rows.map(([left]) => left.length)));
  return rows.map(([left, right]) => `${left.padEnd(width)}  ${right}`);
}

export function moveText({ from, to, event }: Pick<Move, "from" | "to" | "event">): string {
  return `${from} -> ${to}${event === undefined ? "" : ` (${event})`}`;
}

function gapText({ kind, expected, found }: Gap): string {
  return kind === "entry"
    ? `an entry begins in ${found}, the one before it ends in ${expected}`
    : `a row is ${found}, its last entry ends in ${expected}`;
}

function seenText({ count, examples }: Seen): string {
  return `${number(count)}  ${examples.join(", ")}`;
}

export function number(count: number): string {
  return count.toLocaleString("en-US");
}
