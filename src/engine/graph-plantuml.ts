/** The drawing of a machine as text of PlantUML. */
import type { Lines } from "./graph.ts";
import { type Machine, type StateNode, stateOf } from "./machine.ts";

type Arrow = { readonly source: number; readonly target: number; readonly text: string };

export function plantuml(machine: Machine, lines: Lines, arrows: Iterable<Arrow>): void {
  lines.push("@startuml");
  const root = stateOf(machine, 0);
  if (root.kind === "parallel") draw(machine, root, "", lines);
  else inside(machine, root, "", lines);
  for (const { source, target, text } of arrows) lines.push(`s${source} --> s${target} : ${plain(text)}`);
  lines.push("@enduml");
}

function draw(machine: Machine, state: StateNode, indent: string, lines: Lines): void {
  const kind = state.kind !== "history" ? "" : state.isDeepHistory ? " <<history*>>" : " <<history>>";
  const hasInside = state.children.length > 0;
  const name = state.parent === -1 ? state.id : state.key;
  lines.push(`${indent}state "${plain(name)}" as s${state.index}${kind}${hasInside ? " {" : ""}`);
  if (state.kind === "final") lines.push(`${indent}s${state.index} --> [*]`);
  if (!hasInside) return;
  inside(machine, state, `${indent}  `, lines);
  lines.push(`${indent}}`);
}

function inside(
  machine: Machine,
  { kind, initial, children, histories }: StateNode,
  indent: string,
  lines: Lines,
): void {
  for (const target of initial) lines.push(`${indent}[*] --> s${target}`);
  for (const [position, index] of [...children, ...histories].entries()) {
    if (kind === "parallel" && position > 0 && position < children.length) lines.push(`${indent}--`);
    draw(machine, stateOf(machine, index), indent, lines);
  }
}

/** PlantUML writes a character by its code: quotes end a title, a line's end the line. */
function plain(text: string): string {
  return text.replaceAll(
    /["\\\r\n<>]/g,
    (character) => `<U+${character.charCodeAt(0).toString(16).padStart(4, "0")}>`,
  );
}
