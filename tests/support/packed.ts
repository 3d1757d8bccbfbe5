/** The npm package as a user gets it: packed from what has just been built, and laid where it is installed. */
import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Why tests of the package are skipped, undefined when they can run. */
export const notBuilt =
  process.env["DETENT_BUILT"] === "1" ? undefined : "skipped: run make test, which builds it";

interface Packed {
  readonly filename: string;
  readonly files: ReadonlyArray<{ readonly path: string }>;
}

/** Installs the package in a directory, without a registry; returns the paths of the files in it. */
export function installPackage(directory: string): readonly string[] {
  const options = ["pack", "--json", "--ignore-scripts", "--pack-destination", directory];
  const [packed] = JSON.parse(execFileSync("npm", options, { cwd: ROOT, encoding: "utf8" })) as Packed[];
  execFileSync("tar", ["xzf", join(directory, packed?.filename ?? ""), "-C", directory]);
  const installed = join(directory, "node_modules", "detent");
  mkdirSync(dirname(installed), { recursive: true });
  renameSync(join(directory, "package"), installed);
  return packed?.files.map(({ path }) => path) ?? [];
}

/** Lays packages of this checkout beside those that a directory has. */
export function installBeside(directory: string, names: readonly string[]): void {
  for (const name of names) {
    const path = join(directory, "node_modules", name);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), path);
  }
}
