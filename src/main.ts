#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { CATALOGUE, findByFullName } from "./commands/catalogue.ts";
import { DETENT_VERSION } from "./commands/versions.ts";
/** The program: configuration, log and store, then the server until a signal or SHUTDOWN ends it. */
import { nodeConfigFiles } from "./config/config-files.ts";
import { loadConfig } from "./config/load.ts";
import { run } from "./program.ts";
import { USAGE } from "./usage.ts";

const STDIN_DESCRIPTOR = 0;

const loaded = loadConfig({
  argv: process.argv.slice(2),
  files: nodeConfigFiles,
  readStdin: () => readFileSync(STDIN_DESCRIPTOR),
  cwd: process.cwd(),
  version: DETENT_VERSION,
  isCommand: (name) => findByFullName(CATALOGUE, name) !== undefined,
});

switch (loaded.kind) {
  case "version":
    process.stdout.write(`Detent server v=${DETENT_VERSION} node=${process.version} bits=64\n`);
    break;
  case "help":
    process.stdout.write(USAGE);
    break;
  case "error":
    process.stderr.write(loaded.text);
    process.exitCode = loaded.exitCode;
    break;
  case "config":
    // The event loop may still hold something, a store that failed to close for one: the code ends it all.
    process.exit(await run(loaded.config, loaded.warnings));
}
