/** The configuration of the program, as it and its health check read it. */
import { CATALOGUE, findByFullName } from "./catalogue/catalogue.ts";
import { userLineFault } from "./clients/users/starting.ts";
import { DETENT_VERSION } from "./commands/versions.ts";
import { nodeConfigFiles } from "./config/config-files.ts";
import { type LoadedConfig, loadConfig } from "./config/load.ts";

export interface ProgramSources {
  /** The arguments after the program's name. */
  readonly argv: readonly string[];
  /** The environment. In a container, whose network is the guard, protected mode is off unless it is asked for. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readStdin: () => Buffer;
}

export function loadProgramConfig({ argv, env, readStdin }: ProgramSources): LoadedConfig {
  return loadConfig({
    argv,
    files: nodeConfigFiles,
    readStdin,
    cwd: process.cwd(),
    version: DETENT_VERSION,
    isCommand: (name) => findByFullName(CATALOGUE, name) !== undefined,
    userFault: (lines) => userLineFault({ catalogue: CATALOGUE, hasAllChannels: false }, lines),
    environment: env,
    defaults: env["DETENT_CONTAINER"] === "yes" ? { "protected-mode": false } : {},
  });
}
