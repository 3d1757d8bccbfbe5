/** detent record KEY */
import { historyOf, replay, testOfHistory } from "../definition-tests/history.ts";
import { yamlOf } from "./documents.ts";
import {
  definitionOf,
  definitionOfMachine,
  historyRows,
  SERVER_HELP,
  SERVER_OPTIONS,
  withServer,
} from "./server.ts";
import { EXIT_FAILED, EXIT_OK, type Subcommand, textOption } from "./subcommand.ts";
import { write } from "./test.ts";

export const record: Subcommand = {
  name: "record",
  summary: "write the history of a server's machine as a test",
  help: `Usage: detent record KEY [--url URL] [--write FILE]

Reads the history of a machine and writes it as a file for 'detent test': its events, the times between them, and the
states and data after each. The definition is part of the file; name your own file in its place to test a new version.
The test ends, with a note, before a change that tests do not have, such as SM.PATCH or SM.MIGRATE.

${SERVER_HELP}
  --write FILE     where to write it; standard output unless given

Exit codes: 0 done, 1 failed, or running the history again leads elsewhere, 2 wrong arguments.

Examples:
  detent record order:1 --write order-1.test.yaml
  detent record order:1 --url rediss://ann:secret@db.example:6380 | less
`,
  options: { ...SERVER_OPTIONS, write: { type: "string" } },
  operands: [1, 1],
  run: async ([key = ""], given, { output }) => {
    const { rows, definition } = await withServer(given, async (remote) => ({
      definition: await definitionOf(remote, await definitionOfMachine(remote, key)),
      rows: await historyRows(remote, key),
    }));
    const history = historyOf(rows);
    if (typeof history === "string") {
      output.note(`detent record: '${key}' cannot become a test: ${history}`);
      return EXIT_FAILED;
    }
    const rehearsed = { machine: definition.machine, key };
    const test = testOfHistory(rehearsed, `${key} of ${definition.name}`, history);
    const text = await yamlOf({ definition: definition.document.json as never, key, tests: [test] });
    const target = textOption(given, "write");
    if (target === undefined) output.print(text.trimEnd());
    else {
      write(target, text);
      output.print(
        `${target}: ${history.steps.length} ${history.steps.length === 1 ? "step" : "steps"} of '${key}' written`,
      );
    }
    if (history.left !== undefined) output.note(`What came later is left out: ${history.left}`);
    const parting = replay(rehearsed, history);
    if (parting === undefined) return EXIT_OK;
    output.note(`From rev ${parting} on the history goes another way when it is run again.`);
    return EXIT_FAILED;
  },
};
