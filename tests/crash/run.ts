/** `make crash`: rounds of kill -9 beyond those of the test suite. Arguments: --rounds n, --seed n. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { parseArgs } from "node:util";
import { seeded } from "../support/seeded.ts";
import { runRounds } from "./rounds.ts";

const { values } = parseArgs({ options: { rounds: { type: "string" }, seed: { type: "string" } } });
const rounds = Number(values.rounds ?? 100);
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const directory = mkdtempSync(`${tmpdir()}/detent-crash-`);
const report = (line: string) => process.stdout.write(`${line}\n`);
report(`${rounds} rounds, seed ${seed}, in ${directory}`);
const total = await runRounds({ directory, rounds, connections: 64, random: seeded(seed), report });
rmSync(directory, { recursive: true });
report(`${total} acknowledged commands over ${rounds} rounds of kill -9: none missing, none half done`);
