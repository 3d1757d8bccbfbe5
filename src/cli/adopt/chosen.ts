/** The definition that the rows are held against: one that is given, the one of the server, or one of what was seen. */
import type { JsonObject } from "../../base/json.ts";
import { NO_KEYS } from "../../engine/document-keys.ts";
import type { Machine } from "../../engine/machine.ts";
import { compiled } from "../documents.ts";
import { findDefinition, withServer } from "../server.ts";
import { type Given, type Output, textOption, UsageError } from "../subcommand.ts";
import { write } from "../test.ts";
import type { Asked } from "./asked.ts";
import { draft } from "./draft.ts";
import { endsOf, initialOf, isRare, type Observed } from "./moves.ts";
import { number } from "./report.ts";
import type { Source } from "./source.ts";

/** A definition under its name, and where it is from. */
export interface Chosen {
  readonly name: string;
  readonly machine: Machine;
  /** To be created on a server; undefined where the server has it. */
  readonly document: JsonObject | undefined;
  /** False for one that was made of what was seen. */
  readonly isGiven: boolean;
}

/** The definition of a file, that of the server where machines are made and it has one, or one of what was seen. */
export async function chosenDefinition(seen: Observed, source: Source, asked: Asked): Promise<Chosen> {
  const { given, definition } = asked;
  const name = textOption(given, "as") ?? source.label.split(".").at(-1) ?? "";
  if (definition !== undefined) {
    const own = definition.document.json as JsonObject;
    const ownName = [own["name"], own["version"]].filter((part) => typeof part === "string").join(":");
    const { machine } = definition;
    return { name: textOption(given, "as") ?? (ownName || name), machine, document: own, isGiven: true };
  }
  if (given["create"] === true) {
    const known = await withServer(given, (remote) => findDefinition(remote, name));
    if (known !== undefined)
      return { name: known.name, machine: known.machine, document: undefined, isGiven: true };
  }
  const document = draftOf(seen, source, { asked, name });
  return { name, machine: compiled(name, { json: document, keys: NO_KEYS }), document, isGiven: false };
}

function draftOf(
  seen: Observed,
  source: Source,
  { asked: { given, rareness }, name }: { readonly asked: Asked; readonly name: string },
): JsonObject {
  const moves =
    given["without-rare"] === true ? seen.moves.filter((move) => !isRare(move, seen, rareness)) : seen.moves;
  const initial = textOption(given, "initial") ?? initialOf(seen) ?? "";
  const final = textOption(given, "final");
  const ends = final?.split(",").filter((state) => state !== "") ?? endsOf({ ...seen, moves }, initial);
  for (const state of [initial, ...ends])
    if (!seen.states.has(state))
      throw new UsageError(`there is no state '${state}'; there are ${[...seen.states.keys()].join(", ")}`);
  const left = moves.find(({ from, to }) => ends.includes(from) && from !== to);
  if (left !== undefined)
    throw new UsageError(
      `'${left.from}' cannot be final: ${number(left.count)} moves lead from it to '${left.to}'`,
    );
  return draft(seen, {
    id: name.split(":")[0] ?? name,
    initial,
    ends,
    context: source.context.map((column) => column.name),
    description: `What ${source.label}.${source.status.name} has done`,
    moves,
  });
}

export function writeDefinition({ document, isGiven }: Chosen, given: Given, output: Output): void {
  const file = textOption(given, "write");
  if (file === undefined || isGiven || document === undefined) return;
  write(file, `${JSON.stringify(document, undefined, 2)}\n`);
  output.print(`${file} has the definition`);
}
