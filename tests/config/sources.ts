/** Configuration sources that live in memory. */

import type { Config } from "../../src/config/config.ts";
import type { ConfigFiles } from "../../src/config/config-files.ts";
import { type ConfigSources, type LoadedConfig, loadConfig } from "../../src/config/load.ts";

export interface MemoryFiles extends ConfigFiles {
  readonly contents: Map<string, string>;
}

export function memoryFiles(contents: Readonly<Record<string, string>>): MemoryFiles {
  const files = new Map(Object.entries(contents));
  return {
    contents: files,
    read: (path) => {
      const text = files.get(path);
      if (text === undefined) throw Object.assign(new Error(`no ${path}`), { code: "ENOENT" });
      return Buffer.from(text, "utf8");
    },
    // Enough of a pattern for tests: what precedes the first wildcard.
    expand: (pattern) =>
      [...files.keys()].filter((path) => path.startsWith(pattern.replace(/[*?[].*/, ""))).sort(),
    replace: (path, text) => {
      files.set(path, text.toString("utf8"));
    },
  };
}

export function load(argv: readonly string[], overrides: Partial<ConfigSources> = {}): LoadedConfig {
  return loadConfig({
    argv,
    files: memoryFiles({}),
    readStdin: () => Buffer.from(""),
    cwd: "/srv",
    version: "1.2.3",
    isCommand: (name) => ["get", "set", "debug"].includes(name.toLowerCase()),
    ...overrides,
  });
}

/** A configuration loaded from `/srv/detent.conf` with this text. */
export function loadText(text: string, argv: readonly string[] = []): LoadedConfig {
  return load(["detent.conf", ...argv], { files: memoryFiles({ "/srv/detent.conf": text }) });
}

export function configFrom(loaded: LoadedConfig): Config {
  if (loaded.kind !== "config") throw new Error(loaded.kind === "error" ? loaded.text : loaded.kind);
  return loaded.config;
}
