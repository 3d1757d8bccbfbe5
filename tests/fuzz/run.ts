/** `make fuzz`: a million fuzzed requests to the server as a process. Arguments: --requests n, --seed n. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { parseArgs } from "node:util";
import { startServer } from "../crash/server-process.ts";
import { seeded } from "../support/seeded.ts";
import { runCampaign } from "./campaign.ts";

const { values } = parseArgs({ options: { requests: { type: "string" }, seed: { type: "string" } } });
const requests = Number(values.requests ?? 1_000_000);
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const directory = mkdtempSync(`${tmpdir()}/detent-fuzz-`);
const server = await startServer({ directory, args: ["--appendfsync", "no"] });
const witness = await server.connect();
const say = (line: string) => process.stdout.write(`${line}\n`);
say(`${requests} requests, seed ${seed}`);

const pid = Number(/process_id:(\d+)/.exec(String(await witness.call("INFO", "server")))?.[1]);
let nextReport = 0;
await runCampaign({
  address: `${directory}/server.sock`,
  requests,
  random: seeded(seed),
  witness,
  report: (sent) => {
    if (sent < nextReport) return;
    nextReport = sent + requests / 20;
    say(`${sent} sent, ${residentMb(pid)} MB resident`);
  },
});
await witness.close();
server.terminate();
const code = await server.ended;
rmSync(directory, { recursive: true });
if (code !== 0) throw new Error(`the server ended with ${code}:\n${server.log.join("\n")}`);
const internal = server.log.filter((line) => line.includes("internal error"));
if (internal.length > 0) throw new Error(internal.join("\n"));
say("the server lived, served the witness throughout and met no bug of its own");

function residentMb(process: number): string {
  const status = readFileSync(`/proc/${process}/status`, "utf8");
  return (Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024).toFixed(0);
}
