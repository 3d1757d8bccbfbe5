/**
 * Directives given as variables of the environment: `DETENT_MAXCLIENTS=100`, the name in capitals with an underscore
 * for each dash. Each becomes a line of configuration.
 */
import { closestName } from "../base/edit-distance.ts";
import { directiveEntry, directiveNamed, spellings } from "./directives.ts";
import { quoteWord, wordOfText } from "./words.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface EnvironmentLines {
  readonly lines: ReadonlyArray<{ readonly variable: string; readonly line: string }>;
  /** Variables that look as if they were meant and name no directive. */
  readonly unknown: readonly string[];
}

const PREFIX = "DETENT_";

/**
 * Kubernetes describes a service called `detent` to every container beside it in such variables. DETENT_PORT among
 * them is an address where the directive is a number.
 */
const OF_A_SERVICE = /^DETENT_(?:SERVICE_(?:HOST|PORT(?:_.*)?)|PORT_\d+_(?:TCP|UDP)(?:_.*)?)$/;
const ADDRESS = /^(?:tcp|udp):\/\//;

/** Variables of the program's own, which are not directives. */
const OWN = new Set(["DETENT_CONTAINER", "DETENT_IS_DAEMON"]);

/** In the order of the table, so that what is read does not depend on the order of the environment. */
export function environmentLines(environment: Environment): EnvironmentLines {
  const given = Object.entries(environment).filter(([variable]) => variable.startsWith(PREFIX));
  if (given.length === 0) return { lines: [], unknown: [] };
  const rest = new Map(given);
  const lines = [...spellings().keys()].flatMap((spelling) => {
    const variable = variableOf(spelling);
    const value = rest.get(variable);
    rest.delete(variable);
    if (value === undefined || (spelling === "port" && ADDRESS.test(value))) return [];
    return linesOf(spelling, value).map((line) => ({ variable, line }));
  });
  const unknown = [...rest.keys()].filter((variable) => !OF_A_SERVICE.test(variable) && !OWN.has(variable));
  return { lines, unknown };
}

function variableOf(spelling: string): string {
  return PREFIX + spelling.toUpperCase().replaceAll("-", "_");
}

/** A line of the log for a variable that names no directive. */
export function unknownVariableText(variable: string): string {
  const word = variable.slice(PREFIX.length).replaceAll("_", "-");
  const meant = closestName(word, spellings().keys());
  const hint = meant === undefined ? "" : `; did you mean ${variableOf(meant)}?`;
  return `${variable} in the environment names no directive${hint}`;
}

/** One line, or of an instruction, which may stand many times, one for each line of the value. */
function linesOf(spelling: string, value: string): readonly string[] {
  const name = directiveNamed(spelling);
  const isInstruction = name !== undefined && directiveEntry(name).isFileOnly;
  if (!isInstruction) return [`${spelling} ${quoteWord(wordOfText(value))}`];
  const texts = value.split("\n").filter((text) => text.trim() !== "");
  return texts.map((text) => `${spelling} ${wordOfText(text)}`);
}
