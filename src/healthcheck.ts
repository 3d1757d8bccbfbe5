/**
 * The health check of a container: finds out from the arguments of process 1, the server, where it listens, and asks
 * it for a sign of life. Ends with 0 or 1. Arguments of its own are taken for the server's.
 */
import { readFileSync } from "node:fs";
import { configOf } from "./config/load.ts";
import { answers } from "./net/probe.ts";
import { argumentsFrom } from "./process-title.ts";
import { loadProgramConfig } from "./program-config.ts";

const WAIT_MS = 2500;

const loaded = loadProgramConfig({
  argv: process.argv.length > 2 ? process.argv.slice(2) : argumentsOfServer(),
  env: process.env,
  // The server has read it; what it said of ports cannot be known here.
  readStdin: () => Buffer.alloc(0),
});
const config = loaded.kind === "config" ? loaded.config : configOf();
// Without a certificate, where the password of its key is not to be seen: a refusal is a sign of life too.
const bare = { ...config.values, "tls-cert-file": "", "tls-client-cert-file": "" };
const isAlive = await answers(config.values, WAIT_MS)
  .catch(() => answers(bare, WAIT_MS))
  .catch(() => false);
process.exit(isAlive ? 0 : 1);

/** What follows the program's name in the command line of process 1, which an init of the container may begin. */
function argumentsOfServer(): readonly string[] {
  return argumentsFrom(readFileSync("/proc/1/cmdline", "utf8"));
}
