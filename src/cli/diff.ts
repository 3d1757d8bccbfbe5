/** detent diff OLD NEW */
import { existsSync } from "node:fs";
import { isJsonObject } from "../base/json.ts";
import { type Change, compareDefinitions, VERDICTS, verdictOf } from "../definition-tests/compare.ts";
import { type LoadedDefinition, loadDefinition } from "./documents.ts";
import { countsOf, definitionOf, SERVER_HELP, SERVER_OPTIONS, withServer } from "./server.ts";
import { EXIT_FAILED, EXIT_OK, type Given, type Subcommand, textOption } from "./subcommand.ts";
import { write } from "./test.ts";

export const diff: Subcommand = {
  name: "diff",
  summary: "show what a new version of a definition changes for machines of the old one",
  help: `Usage: detent diff OLD NEW [--url URL] [--svg FILE]

OLD and NEW are files with definitions, or NAME[:VERSION] of definitions that a server has. Each difference is safe; or
needs a map, which says where machines go that cannot stay where they are (SM.MIGRATION); or is breaking: an event is
refused, or leads elsewhere, than those who send it know. With --url each is followed by the number of machines that
are in its state on that server: those of OLD, or of the name and version that the file OLD has in itself.

${SERVER_HELP}
  --svg FILE       draw both in one picture: new in green, gone in red, changed in amber

Exit codes: 0 safe or the same, 1 something needs a map or is breaking, 2 wrong arguments or a file that cannot be read.

Examples:
  detent diff order.json order-new.json --svg order.svg
  detent diff order:v1 order-new.json --url redis://127.0.0.1:6379
`,
  options: { ...SERVER_OPTIONS, svg: { type: "string" } },
  operands: [2, 2],
  run: async ([oldName = "", newName = ""], given, { output }) => {
    const [before, after] = [await loaded(oldName, given), await loaded(newName, given)];
    const changes = compareDefinitions(before.machine, after.machine);
    const counts = await countsIn(before, given);
    for (const verdict of [...VERDICTS].reverse()) {
      const own = changes.filter((change) => change.verdict === verdict);
      if (own.length > 0) output.print(`${verdict}:`);
      for (const change of own) output.print(`  ${change.message}${countText(change, counts)}`);
    }
    const all =
      counts === undefined ? undefined : [...counts.values()].reduce((sum, count) => sum + count, 0);
    const verdict = changes.length === 0 ? "no difference" : verdictOf(changes);
    output.print(
      `${oldName} to ${newName}: ${verdict}${all === undefined ? "" : `, ${machines(all)} of the old one`}`,
    );
    const svg = textOption(given, "svg");
    if (svg !== undefined) {
      const { diffDrawing } = await import("./diff-drawing.ts");
      write(svg, await diffDrawing(before.machine, after.machine, changes));
    }
    return verdictOf(changes) === "safe" ? EXIT_OK : EXIT_FAILED;
  },
};

/** A file where there is one of the name, else a definition of the server. */
async function loaded(name: string, given: Given): Promise<LoadedDefinition> {
  const isFile = existsSync(name) || /[/\\]|\.(json|ya?ml)$/i.test(name);
  return isFile
    ? await loadDefinition(name)
    : await withServer(given, (remote) => definitionOf(remote, name));
}

/** How many machines are in each state of a definition; undefined when no server is asked. */
async function countsIn(
  { name, path, document }: LoadedDefinition,
  given: Given,
): Promise<ReadonlyMap<string, number> | undefined> {
  if (path === undefined) return await withServer(given, (remote) => countsOf(remote, name));
  const own = isJsonObject(document.json) ? document.json : {};
  const [id, version] = [own["name"], own["version"]];
  if (textOption(given, "url") === undefined || typeof id !== "string") return undefined;
  const definition = typeof version === "string" ? `${id}:${version}` : id;
  return await withServer(given, (remote) => countsOf(remote, definition));
}

function countText({ state }: Change, counts: ReadonlyMap<string, number> | undefined): string {
  if (state === undefined || counts === undefined) return "";
  const inside = [...counts].filter(
    ([name]) => state === "" || name === state || name.startsWith(`${state}.`),
  );
  return ` (${machines(inside.reduce((sum, [, count]) => sum + count, 0))})`;
}

function machines(count: number): string {
  return `${count} ${count === 1 ? "machine" : "machines"}`;
}
