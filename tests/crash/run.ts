/** `make crash`: rounds of kill -9 beyond those of the test suite. Arguments: --rounds n, --seed n. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { parseArgs } from "node:util";
import { seeded } from "../support/seeded.ts";
import { runDeliveryRounds } from "./delivery-rounds.ts";
import { runRounds } from "./rounds.ts";

const { values } = parseArgs({ options: { rounds: { type: "string" }, seed: { type: "string" } } });
const rounds = Number(values.rounds ?? 100);
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const report = (line: string) => process.stdout.write(`${line}\n`);

/** Runs rounds in a directory of their own, which stays when they fail. */
async function inDirectory<Result>(
  title: string,
  run: (directory: string) => Promise<Result>,
): Promise<Result> {
  const directory = mkdtempSync(`${tmpdir()}/detent-crash-`);
  report(`${title}: ${rounds} rounds, seed ${seed}, in ${directory}`);
  const result = await run(directory);
  rmSync(directory, { recursive: true });
  return result;
}

const total = await inDirectory("acknowledged writes", (directory) =>
  runRounds({ directory, rounds, connections: 64, random: seeded(seed), report }),
);
report(`${total} acknowledged commands over ${rounds} rounds of kill -9: none missing, none half done`);

const { changes, tasks, failures, serverKills, workerKills } = await inDirectory("delivery", (directory) => {
  const size = { connections: 8, machinesPerConnection: 4 };
  return runDeliveryRounds({ directory, rounds, ...size, random: seeded(seed), report });
});
report(
  `${changes} changes and ${tasks} tasks (${failures} given up and put back) over ${serverKills} kills of the server ` +
    `and ${workerKills} of workers: each told once and in order, each applied once`,
);
