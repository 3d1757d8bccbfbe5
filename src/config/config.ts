/** The configuration of a running server: typed values, and what CONFIG GET, SET and REWRITE do with them. */

import { fileFault } from "../base/file-fault.ts";
import { globMatcher } from "../base/glob.ts";
import type { ConfigFiles } from "./config-files.ts";
import { readValue, wordsOfText } from "./config-lines.ts";
import {
  type ConfigValues,
  type DirectiveName,
  directiveEntry,
  directiveNamed,
  spellings,
} from "./directives.ts";
import { type OwnedLines, rewriteText } from "./rewrite.ts";
import type { Parsed } from "./value-type.ts";

export interface ConfigChange {
  readonly name: DirectiveName;
  readonly value: unknown;
  readonly previous: unknown;
}

/** Why a change cannot be made; undefined when it can. */
export type Refusal = string | undefined;

/**
 * Told of each directive that CONFIG SET changes, after the values have been changed. If it refuses, all changes of
 * that CONFIG SET are taken back, and listeners that had been notified are notified of the way back, whose refusals count for
 * nothing. Only one of a directive that `rebinds` may answer later.
 */
export type ConfigListener = (change: ConfigChange) => Refusal | Promise<Refusal>;

export type ConfigOutcome =
  | { readonly ok: true }
  /** `message` is the error reply, its code first. */
  | { readonly ok: false; readonly message: string };

/** An outcome, or the promise of one when listening sockets have to change first. */
export type ConfigSetting = ConfigOutcome | Promise<ConfigOutcome>;

export type Pairs = ReadonlyArray<readonly [name: string, value: string]>;

export interface Config {
  /** All values. The object stays the same and always shows the present. */
  readonly values: ConfigValues;
  /** The absolute path of the file the server was started with. */
  readonly file: string | undefined;
  get<Name extends DirectiveName>(name: Name): ConfigValues[Name];
  /** CONFIG GET: names and values in the order of the table, none twice. A name without wildcards is shown as asked. */
  match(patterns: readonly string[]): ReadonlyArray<readonly [name: string, value: string]>;
  /** CONFIG SET: all pairs or none. The outcome is there at once unless one of the directives `rebinds`. */
  set(pairs: Pairs): ConfigSetting;
  /** CONFIG REWRITE: brings the file up to date. `owned` are the lines of directives whose state is kept elsewhere. */
  rewrite(owned?: OwnedLines): ConfigOutcome;
  /** Returns a function that ends the subscription. */
  onChange(listener: ConfigListener): () => void;
}

/** The file the server was started with, which CONFIG REWRITE writes. */
export interface ConfigOrigin {
  readonly file: string;
  readonly files: ConfigFiles;
}

/** A configuration with these values. Without an origin it cannot be rewritten. */
export function createConfig(initial: ConfigValues, origin?: ConfigOrigin): Config {
  // One object for the whole life, so that a reference to `values` never grows stale.
  const values: Record<DirectiveName, unknown> = { ...initial };
  const listeners = new Set<ConfigListener>();
  return {
    values: values as ConfigValues,
    file: origin?.file,
    get: (name) => (values as ConfigValues)[name],
    match: (patterns) => matchNames(values, patterns),
    set: (pairs) => setValues(values, listeners, pairs),
    rewrite: (owned = new Map()) => rewriteFile(values, origin, owned),
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

type Values = Record<DirectiveName, unknown>;

function matchNames(values: Values, patterns: readonly string[]) {
  const found = new Map<string, readonly [string, string]>();
  const show = (name: DirectiveName, spelling: string, shown: string) => {
    const { isFileOnly, type } = directiveEntry(name);
    if (!isFileOnly && !found.has(spelling)) found.set(spelling, [shown, type.print(values[name])]);
  };
  for (const pattern of patterns) {
    if (!/[*?[]/.test(pattern)) {
      const name = directiveNamed(pattern);
      if (name !== undefined) show(name, pattern.toLowerCase(), pattern);
      continue;
    }
    const matches = globMatcher(pattern, { ignoreCase: true });
    for (const [spelling, name] of spellings()) {
      if (matches(spelling) && !directiveEntry(name).isHidden) show(name, spelling, spelling);
    }
  }
  return [...found.values()];
}

function setValues(values: Values, listeners: ReadonlySet<ConfigListener>, pairs: Pairs): ConfigSetting {
  const checked = checkNames(pairs);
  if (!checked.ok) return { ok: false, message: checked.reason };
  const next = { ...values };
  const changed = new Map<DirectiveName, string>();
  for (const { name, spelling, text } of checked.value) {
    const parsed = readValue(name, wordsOfText(name, text), { current: next[name], isRepeated: false });
    if (!parsed.ok) return setFailed(spelling, parsed.reason);
    next[name] = parsed.value;
    changed.set(name, spelling);
  }
  const changes = [...changed.keys()]
    .map((name) => ({ name, value: next[name], previous: values[name] }))
    .filter(({ name, value, previous }) => {
      const { isReloaded, type } = directiveEntry(name);
      return isReloaded || type.print(value) !== type.print(previous);
    });
  return applyChanges(values, listeners, changes, changed);
}

interface NamedPair {
  readonly name: DirectiveName;
  readonly spelling: string;
  readonly text: string;
}

/** Looks up all names before any value is read, as Redis does; the first fault is the one reported. */
function checkNames(pairs: Pairs): Parsed<readonly NamedPair[]> {
  const named: NamedPair[] = [];
  for (const [word, text] of pairs) {
    const name = directiveNamed(word);
    const spelling = word.toLowerCase();
    if (name === undefined || directiveEntry(name).isFileOnly) {
      return { ok: false, reason: `ERR Unknown option or number of arguments for CONFIG SET - '${word}'` };
    }
    if (!directiveEntry(name).isMutable) {
      return { ok: false, reason: setFailed(word, "can't set immutable config").message };
    }
    if (named.some((pair) => pair.spelling === spelling)) {
      return { ok: false, reason: setFailed(word, "duplicate parameter").message };
    }
    named.push({ name, spelling, text });
  }
  return { ok: true, value: named };
}

function applyChanges(
  values: Values,
  listeners: ReadonlySet<ConfigListener>,
  changes: readonly ConfigChange[],
  spelled: ReadonlyMap<DirectiveName, string>,
): ConfigSetting {
  for (const { name, value } of changes) values[name] = value;
  const told: Array<() => void> = [];
  const takeBack = ({ name }: ConfigChange, reason: string): ConfigOutcome => {
    for (const { name: other, previous } of changes) values[other] = previous;
    for (const tellBack of told.reverse()) tellBack();
    return setFailed(spelled.get(name) ?? name, reason);
  };
  const later: Array<Promise<readonly [ConfigChange, Refusal]>> = [];
  for (const change of changes) {
    for (const listener of listeners) {
      const refusal = listener(change);
      if (typeof refusal === "string") return takeBack(change, refusal);
      if (refusal !== undefined) later.push(refusal.then((reason) => [change, reason]));
      told.push(() => void listener({ name: change.name, value: change.previous, previous: change.value }));
    }
  }
  if (later.length === 0) return { ok: true };
  return Promise.all(later).then((answers) => {
    for (const [change, reason] of answers) if (reason !== undefined) return takeBack(change, reason);
    return { ok: true };
  });
}

function setFailed(argument: string, reason: string) {
  return {
    ok: false,
    message: `ERR CONFIG SET failed (possibly related to argument '${argument}') - ${reason}`,
  } as const;
}

function rewriteFile(values: Values, origin: ConfigOrigin | undefined, owned: OwnedLines): ConfigOutcome {
  if (origin === undefined) return { ok: false, message: "ERR The server is running without a config file" };
  const { file, files } = origin;
  try {
    files.replace(file, Buffer.from(rewriteText(readIfPresent(files, file), values, owned), "latin1"));
    return { ok: true };
  } catch (error) {
    return { ok: false, message: `ERR Rewriting config file: ${fileFault(error)}` };
  }
}

/** A file that has been removed since the start is written anew. */
function readIfPresent(files: ConfigFiles, file: string): string {
  try {
    return files.read(file).toString("latin1");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
}
