/**
 * State diagrams as text, of Mermaid (`stateDiagram-v2`) and PlantUML, which write most things alike, as lines of states
 * and arrows. What the lines mean is read in `diagram-document.ts`.
 */
import type { Problems } from "../engine/problems.ts";

export type Dialect = "mermaid" | "plantuml";

export type DiagramState = {
  readonly id: string;
  title: string;
  readonly notes: { readonly text: string; readonly line: number }[];
  kind: "state" | "choice" | "history" | "deep history" | "end";
  scope: Scope;
  /** What is inside, region by region; one alone for a composite state. */
  readonly regions: Scope[];
  isDeclared: boolean;
};

/** A region: what stands between braces, or between two lines of dashes. */
export type Scope = { readonly owner: DiagramState | undefined; initial: string | undefined };

export type Arrow = {
  readonly from: string;
  /** Undefined for `[*]`: the end of the scope. */
  readonly to: string | undefined;
  readonly label: string;
  readonly line: number;
  readonly scope: Scope;
};

export type Diagram = {
  readonly root: Scope[];
  readonly states: Map<string, DiagramState>;
  readonly arrows: Arrow[];
};

/** Lines that say nothing of how a machine runs. */
const SILENT =
  /^(direction\b|classDef\b|class\b|style\b|click\b|accTitle\b|accDescr\b|hide\b|skinparam\b|scale\b|title\b|left to right|top to bottom|!theme\b|@startuml|@enduml|stateDiagram(-v2)?$|%%|'|note\b.*:|caption\b|header\b|footer\b|legend\b)/i;

const LINES_MAX = 50_000;
/** Characters of a line: its patterns look at each of them more than once. */
const LINE_CHARS_MAX = 2000;
const DEPTH_MAX = 30;

type Reader = {
  readonly diagram: Diagram;
  readonly problems: Problems;
  readonly scopes: Scope[];
};

export function readDiagram(text: string, dialect: Dialect, problems: Problems): Diagram | undefined {
  const lines = text.split(/\r?\n/);
  if (lines.length > LINES_MAX) {
    problems.error("$", `a diagram may have ${LINES_MAX} lines, this has ${lines.length}`);
    return undefined;
  }
  if (dialect === "mermaid" && !lines.some((line) => /^\s*stateDiagram(-v2)?\s*$/.test(line))) {
    problems.error("line 1", 'a diagram of states begins with "stateDiagram-v2"');
    return undefined;
  }
  if (dialect === "plantuml" && !/^\s*@startuml\b/m.test(text)) {
    problems.error("line 1", 'a diagram of PlantUML begins with "@startuml"');
    return undefined;
  }
  const top: Scope = { owner: undefined, initial: undefined };
  const reader: Reader = { diagram: { root: [top], states: new Map(), arrows: [] }, problems, scopes: [top] };
  let skipped: RegExp | undefined;
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    if (skipped !== undefined) {
      if (skipped.test(line)) skipped = undefined;
      continue;
    }
    if (line.length > LINE_CHARS_MAX) {
      problems.error(`line ${index + 1}`, `a line may have ${LINE_CHARS_MAX} characters`);
      continue;
    }
    skipped = blockAt(line, index);
    if (skipped !== undefined || line === "" || SILENT.test(line)) continue;
    lineOf(reader, line.replace(/\s*;$/, ""), index + 1);
  }
  if (reader.scopes.length > 1) problems.error(`line ${lines.length}`, "a brace is not closed");
  return reader.diagram;
}

/** The end of what begins here and is not read: a note, a comment, what stands before the diagram. */
function blockAt(line: string, index: number): RegExp | undefined {
  if (line === "---" && index === 0) return /^---$/;
  if (/^note\b(?!.*:)/i.test(line)) return /^end ?note$/i;
  if (/^\/'/.test(line) && !/'\/$/.test(line)) return /'\/$/;
  if (/^accDescr\s*\{$/.test(line)) return /^\}$/;
  return /^legend\b/i.test(line) ? /^end ?legend$/i : undefined;
}

const ID = String.raw`(?:\[\*\]|\[H\*?\]|[^\s:<>[\]{}"]+?(?:\[H\*?\])?)`;
const ARROW = new RegExp(
  String.raw`^(${ID})\s*(?:-+(?:\[[^\]]*\])?(?:[a-z]+(?:\[[^\]]*\])?)?-*>|-->)\s*(${ID})(?::::\w+)?\s*(?::\s*([\s\S]*))?$`,
);
const STATE =
  /^state\s+(?:"([^"]*)"\s+as\s+)?([^\s:<>[\]{}"]+)(?:\s+as\s+([^\s:<>[\]{}"]+))?\s*(?:<<([\w*]+)>>|\[\[(\w+)\]\])?\s*(?:#\S+)?\s*(\{)?(?:\s*:\s*(.*))?$/;
const TITLED = /^state\s+"([^"]*)"\s*(\{)?$/;

function lineOf(reader: Reader, line: string, number: number): void {
  const { diagram, scopes, problems } = reader;
  const scope = scopes.at(-1) ?? { owner: undefined, initial: undefined };
  if (line === "}") {
    if (scopes.length === 1) problems.error(`line ${number}`, "there is no brace that this closes");
    else scopes.pop();
    return;
  }
  if (/^(--+|\|\|+)$/.test(line)) {
    const region: Scope = { owner: scope.owner, initial: undefined };
    (scope.owner?.regions ?? diagram.root).push(region);
    scopes[scopes.length - 1] = region;
    return;
  }
  const arrow = ARROW.exec(line);
  if (arrow !== null)
    arrowOf(reader, { from: arrow[1] ?? "", to: arrow[2] ?? "", label: decoded(arrow[3] ?? "") }, number);
  else if (/^state\b/.test(line)) stateOf(reader, line, number);
  else {
    const [, id, text] =
      /^([^\s:<>[\]{}"]+)\s*:\s*(.*)$/.exec(line) ?? /^([^\s:<>[\]{}"]+)(?::::\w+)?$/.exec(line) ?? [];
    if (id === undefined)
      problems.error(
        `line ${number}`,
        `${JSON.stringify(line.slice(0, 80))} is not a known line of a state diagram`,
      );
    else {
      const state = stateAt(reader, id, false);
      if (text !== undefined) state.notes.push({ text: decoded(text), line: number });
    }
  }
}

function stateOf(reader: Reader, line: string, number: number): void {
  const match = STATE.exec(line);
  const titled = match === null ? TITLED.exec(line) : null;
  if (match === null && titled === null) {
    reader.problems.error(
      `line ${number}`,
      `${JSON.stringify(line.slice(0, 80))} declares no state: write state "title" as id`,
    );
    return;
  }
  const [, title, first = "", second, stereotype, brackets, brace, text] = match ?? [];
  const id = titled?.[1] ?? second ?? first;
  const state = stateAt(reader, id, true);
  const name = titled?.[1] ?? title ?? (second === undefined ? undefined : first);
  if (name !== undefined) state.title = decoded(name);
  if (text !== undefined) state.notes.push({ text: decoded(text), line: number });
  const kind = (stereotype ?? brackets ?? "").toLowerCase();
  if (kind === "fork" || kind === "join")
    reader.problems.error(
      `line ${number}`,
      `a ${kind} is a state with regions here: write a composite state with -- between them`,
    );
  else if (kind === "choice") state.kind = "choice";
  else if (kind === "history") state.kind = "history";
  else if (kind === "history*") state.kind = "deep history";
  else if (kind === "end") state.kind = "end";
  if ((brace ?? titled?.[2]) === undefined) return;
  if (reader.scopes.length >= DEPTH_MAX) {
    reader.problems.error(`line ${number}`, `states may be nested ${DEPTH_MAX} deep`);
    return;
  }
  const inner: Scope = { owner: state, initial: undefined };
  state.regions.push(inner);
  reader.scopes.push(inner);
}

/** The state of an id. It belongs where it is declared, or else where it is named first. */
function stateAt({ diagram, scopes, problems }: Reader, id: string, isDeclared: boolean): DiagramState {
  const scope = scopes.at(-1) ?? { owner: undefined, initial: undefined };
  const known = diagram.states.get(id);
  if (known !== undefined) {
    if (isDeclared && !known.isDeclared && !isAround(known, scope)) known.scope = scope;
    known.isDeclared ||= isDeclared;
    return known;
  }
  const state: DiagramState = { id, title: id, notes: [], kind: "state", scope, regions: [], isDeclared };
  diagram.states.set(id, state);
  if (diagram.states.size === 10_001) problems.error("$", "a definition may have 10000 states");
  return state;
}

/** True when the scope lies within the state. */
function isAround(state: DiagramState, scope: Scope): boolean {
  for (let owner = scope.owner; owner !== undefined; owner = owner.scope.owner)
    if (owner === state) return true;
  return false;
}

function arrowOf(
  reader: Reader,
  given: { readonly from: string; readonly to: string; readonly label: string },
  line: number,
): void {
  const scope = reader.scopes.at(-1) ?? { owner: undefined, initial: undefined };
  const { from, label } = given;
  // The source comes first: without a line from [*], the machine starts in the state that is written first.
  if (from !== "[*]") stateAt(reader, from, false);
  const to = historyOf(reader, given.to);
  if (to !== "[*]") stateAt(reader, to, false);
  if (from === "[*]") {
    if (scope.initial !== undefined && scope.initial !== to)
      reader.problems.error(`line ${line}`, `there is a state to start in already: '${scope.initial}'`);
    if (to !== "[*]") scope.initial = to;
    return;
  }
  reader.diagram.arrows.push({ from, to: to === "[*]" ? undefined : to, label, line, scope });
}

/** `A[H]` of PlantUML is the history of A, `[H]` that of the state around. */
function historyOf(reader: Reader, id: string): string {
  const [, name = "", deep] = /^(.*)\[H(\*)?\]$/.exec(id) ?? [];
  if (!/\[H\*?\]$/.test(id)) return id;
  const owner = name === "" ? reader.scopes.at(-1)?.owner : stateAt(reader, name, false);
  const key = `${owner?.id ?? ""}[H${deep ?? ""}]`;
  const state = stateAt(reader, key, false);
  state.kind = deep === undefined ? "history" : "deep history";
  state.title = deep === undefined ? "history" : "deepHistory";
  const [inner] = owner?.regions ?? [];
  if (inner !== undefined) state.scope = inner;
  return key;
}

/** `#58;` stands for a character in Mermaid, `<U+003A>` in PlantUML. */
function decoded(text: string): string {
  return text
    .trim()
    .replaceAll(/#(\d{1,6});|<U\+([0-9a-fA-F]{4,6})>/g, (whole, decimal?: string, hexadecimal?: string) => {
      const code = decimal === undefined ? Number.parseInt(hexadecimal ?? "", 16) : Number(decimal);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    });
}
