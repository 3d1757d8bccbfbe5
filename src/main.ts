#!/usr/bin/env node
/** The program: configuration, log and store, then the server until a signal or SHUTDOWN ends it. */
import { readFileSync } from "node:fs";
import { DETENT_VERSION } from "./commands/versions.ts";
import { run } from "./program.ts";
import { loadProgramConfig } from "./program-config.ts";
import { USAGE } from "./usage.ts";

const STDIN_DESCRIPTOR = 0;

const loaded = loadProgramConfig({
  argv: process.argv.slice(2),
  env: process.env,
  readStdin: () => readFileSync(STDIN_DESCRIPTOR),
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
