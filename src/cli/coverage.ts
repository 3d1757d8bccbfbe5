/** detent coverage NAME */
import { Coverage, coverageLines } from "../definition-tests/coverage.ts";
import { historyOf, replay } from "../definition-tests/history.ts";
import type { Machine } from "../engine/machine.ts";
import { listOf, type Remote, textOf } from "../remote/remote.ts";
import { definitionOf, historyRows, SERVER_HELP, SERVER_OPTIONS, withServer } from "./server.ts";
import { EXIT_OK, type Subcommand, textOption, UsageError } from "./subcommand.ts";

const MACHINES = 10_000;
const PAGE = 500;

export const coverage: Subcommand = {
  name: "coverage",
  summary: "show the transitions that no machine of a server has ever taken",
  help: `Usage: detent coverage NAME[:VERSION] [--url URL] [--count N]

Runs the histories of the machines of a definition again, in this process, and lists the transitions that no machine has
taken, and the guards that were never true or never false. Without a version it takes the newest.

${SERVER_HELP}
  --count N        machines to look at, at most; ${MACHINES} unless given

Exit codes: 0 done, 1 failed, 2 wrong arguments.

Examples:
  detent coverage order
  detent coverage order:v3 --url redis://db.example:6379 --count 100000
`,
  options: { ...SERVER_OPTIONS, count: { type: "string" } },
  operands: [1, 1],
  run: async ([id = ""], given, { output }) => {
    const count = textOption(given, "count") ?? String(MACHINES);
    if (!/^[1-9]\d{0,8}$/.test(count))
      throw new UsageError(`--count is a whole number from 1 on, not '${count}'`);
    const seen = await withServer(given, async (remote) => {
      const { name, machine } = await definitionOf(remote, id);
      return { name, machine, ...(await walk(remote, { name, machine }, Number(count))) };
    });
    const { name, machine, machines, partings, coverage: covered } = seen;
    output.print(`${machines} ${machines === 1 ? "machine" : "machines"} of ${name}`);
    for (const line of coverageLines(name, machine, covered.report(machine))) output.print(line);
    if (partings > 0)
      output.note(
        `${partings} of them have a history that is not kept whole, or goes another way: counted as far as it goes.`,
      );
    return EXIT_OK;
  },
};

async function walk(
  remote: Remote,
  { name, machine }: { readonly name: string; readonly machine: Machine },
  max: number,
) {
  const covered = new Coverage();
  let machines = 0;
  let partings = 0;
  for (let cursor = "0"; ; ) {
    const [next, keys] = listOf(await remote.call("SM.SCAN", cursor, "DEF", name, "COUNT", String(PAGE)));
    for (const item of listOf(keys)) {
      if (machines >= max) return { machines, partings, coverage: covered };
      const key = textOf(item);
      const history = historyOf(await historyRows(remote, key));
      machines += 1;
      if (typeof history === "string") partings += 1;
      else if (
        replay({ machine, key, observer: covered.observer }, history) !== undefined ||
        history.left !== undefined
      )
        partings += 1;
    }
    cursor = textOf(next);
    if (cursor === "0") return { machines, partings, coverage: covered };
  }
}
