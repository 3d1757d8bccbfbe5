/** The limit on open files, which bounds how many clients there can be. */
import { readFileSync } from "node:fs";
import type { Log } from "./base/log.ts";
import type { Config } from "./config/config.ts";

/** Open files that are not connections: the store's, the log, the listeners, Node's own, and some to spare. */
const RESERVED = 64;

/** How many files this process may have open; undefined where the system does not say, or there is no limit. */
export function descriptorLimit(): number | undefined {
  try {
    // Node has raised the soft limit to the hard one when it started.
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "latin1")) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

/**
 * Brings `maxclients` down to what the limit allows, and keeps CONFIG SET from raising it beyond.
 * @returns why the server cannot start, if there is no room for a single client
 */
export function fitToDescriptors(config: Config, limit: number | undefined, log: Log): string | undefined {
  if (limit === undefined) return undefined;
  const clientsMax = limit - RESERVED;
  const wanted = config.get("maxclients");
  if (clientsMax < 1) {
    return (
      `Your current 'ulimit -n' of ${limit} is not enough for the server to start. ` +
      `Please increase your open file limit to at least ${wanted + RESERVED}. Exiting.`
    );
  }
  if (wanted > clientsMax) {
    config.set([["maxclients", String(clientsMax)]]);
    log(
      `You requested maxclients of ${wanted} requiring at least ${wanted + RESERVED} max file descriptors.`,
      "warning",
    );
    log(
      `Current maximum open files is ${limit}. maxclients has been reduced to ${clientsMax} to compensate for low ulimit. ` +
        "If you need higher maxclients increase 'ulimit -n'.",
      "warning",
    );
  }
  config.onChange(({ name, value }) =>
    name === "maxclients" && Number(value) > clientsMax
      ? `The operating system is not able to handle the specified number of clients, try with ${clientsMax}`
      : undefined,
  );
  return undefined;
}
