/** Which versions this program tells of itself. */
import { readFileSync } from "node:fs";
import { PACKAGE_ROOT } from "../base/program-files.ts";

/**
 * The Redis version whose behaviour is offered. Clients choose what they send by it, so it is one they know; ours is
 * told beside it.
 */
export const REDIS_VERSION = "7.2.11";

/** The version in package.json. */
export const DETENT_VERSION: string = readVersion(new URL("package.json", PACKAGE_ROOT));

function readVersion(file: URL): string {
  const version = /"version": "([^"]+)"/.exec(readFileSync(file, "utf8"))?.[1];
  if (version === undefined) throw new Error("package.json has no version");
  return version;
}
