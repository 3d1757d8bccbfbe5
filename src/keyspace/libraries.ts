/**
 * Libraries of functions, which belong to the whole server and to no database. A library is its code, with a line in front
 * that says what it registers, so that functions are found and listed without running any code.
 */
import { assert } from "../base/assert.ts";
import { type Bytes, chars } from "../base/bytes.ts";
import type { OrderedReader } from "../storage/ordered-store.ts";
import { counterValue } from "./counters.ts";
import { counterKey, FUNCTIONS, functionKey, LIBRARIES, libraryKey, prefixRange } from "./layouts.ts";
import { encodeNumber } from "./records.ts";
import type { Transaction } from "./transaction.ts";

export interface StoredFunction {
  readonly name: string;
  readonly flags: readonly string[];
  /** Bytes, a character each. */
  readonly description: string | undefined;
}

export interface StoredLibrary {
  readonly name: string;
  readonly functions: readonly StoredFunction[];
  readonly code: Buffer;
}

/** How much of them there is. */
export interface LibraryFigures {
  readonly libraries: number;
  readonly functions: number;
  /** Of their code. */
  readonly bytes: number;
}

const COUNTERS = {
  libraries: counterKey("libraries"),
  functions: counterKey("functions"),
  bytes: counterKey("libraryBytes"),
};

export function libraryFigures(reader: OrderedReader): LibraryFigures {
  return {
    libraries: counterValue(reader, COUNTERS.libraries),
    functions: counterValue(reader, COUNTERS.functions),
    bytes: counterValue(reader, COUNTERS.bytes),
  };
}

export function findLibrary(reader: OrderedReader, name: string): StoredLibrary | undefined {
  const value = reader.get(libraryKey(name));
  return value === undefined ? undefined : decode(value);
}

/** The library that has a function, whose name may be in any case, and the function. */
export function findFunction(
  reader: OrderedReader,
  name: string,
): { readonly library: StoredLibrary; readonly found: StoredFunction } | undefined {
  const value = reader.get(functionKey(name));
  if (value === undefined) return undefined;
  const [libraryName, functionName] = placeOf(value);
  const library = findLibrary(reader, libraryName);
  const found = library?.functions.find((each) => each.name === functionName);
  assert(library !== undefined && found !== undefined, "a function that is named is in its library");
  return { library, found };
}

/** Lazy, in the order of their names, but for very long ones. */
export function* allLibraries(reader: OrderedReader): Generator<StoredLibrary> {
  const { from, to } = prefixRange(LIBRARIES);
  for (const [, value] of reader.range(from, to)) yield decode(value);
}

/** Adds a library whose name is free, and those of its functions too. */
export function putLibrary(transaction: Transaction, library: StoredLibrary): void {
  const { name, functions, code } = library;
  const header: Header = [
    name,
    functions.map(({ name: its, flags, description }) => [its, flags, description]),
  ];
  transaction.put(
    libraryKey(name),
    Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`, "utf8"), code]),
  );
  for (const [place, its] of placesOf(library)) transaction.put(place, encodePlace(name, its));
  count(transaction, library, 1);
}

export function removeLibrary(transaction: Transaction, library: StoredLibrary): void {
  transaction.remove(libraryKey(library.name));
  for (const [place] of placesOf(library)) transaction.remove(place);
  count(transaction, library, -1);
}

/** What is wrong with the names of functions and the counters, a sentence each. */
export function checkLibraries(reader: OrderedReader): string[] {
  const findings: string[] = [];
  const expected = new Map<string, string>();
  let [libraries, functions, bytes] = [0, 0, 0];
  for (const library of allLibraries(reader)) {
    libraries += 1;
    functions += library.functions.length;
    bytes += library.code.length;
    for (const [place, its] of placesOf(library))
      expected.set(chars(place), encodePlace(library.name, its).toString("utf8"));
  }
  const { from, to } = prefixRange(FUNCTIONS);
  for (const [key, value] of reader.range(from, to)) {
    if (expected.get(chars(key)) !== value.toString("utf8"))
      findings.push(`the name ${JSON.stringify(chars(key))} is that of no function`);
    expected.delete(chars(key));
  }
  for (const key of expected.keys())
    findings.push(`the name ${JSON.stringify(key)} of a function is missing`);
  const counted = libraryFigures(reader);
  const there: LibraryFigures = { libraries, functions, bytes };
  if (JSON.stringify(counted) !== JSON.stringify(there))
    findings.push(
      `the counters of libraries say ${JSON.stringify(counted)}, there are ${JSON.stringify(there)}`,
    );
  return findings;
}

/** The keys of the names of functions, each with the first function that has the name in some case. */
function placesOf({ functions }: StoredLibrary): ReadonlyArray<readonly [Bytes, string]> {
  const places = new Map<string, readonly [Bytes, string]>();
  for (const { name } of functions) {
    const place = functionKey(name);
    if (!places.has(chars(place))) places.set(chars(place), [place, name]);
  }
  return [...places.values()];
}

function count(transaction: Transaction, { functions, code }: StoredLibrary, sign: 1 | -1): void {
  const add = (key: Bytes, change: number) =>
    transaction.put(key, encodeNumber(counterValue(transaction, key) + sign * change));
  add(COUNTERS.libraries, 1);
  add(COUNTERS.functions, functions.length);
  add(COUNTERS.bytes, code.length);
}

function encodePlace(library: string, name: string): Buffer {
  return Buffer.from(JSON.stringify([library, name]), "utf8");
}

function placeOf(value: Buffer): [library: string, name: string] {
  // Written by putLibrary.
  return JSON.parse(value.toString("utf8")) as [string, string];
}

type Header = [
  name: string,
  functions: ReadonlyArray<
    readonly [name: string, flags: readonly string[], description?: string | undefined]
  >,
];

/** By the stored bytes: the store hands out the same buffer while it has it at hand. */
const decoded = new WeakMap<Buffer, StoredLibrary>();

function decode(value: Buffer): StoredLibrary {
  const known = decoded.get(value);
  if (known !== undefined) return known;
  const lineEnd = value.indexOf("\n");
  // Written by putLibrary; JSON has null where a description is missing.
  const [name, functions] = JSON.parse(value.toString("utf8", 0, lineEnd)) as Header;
  const library: StoredLibrary = {
    name,
    functions: functions.map(([its, flags, description]) => ({
      name: its,
      flags,
      description: description ?? undefined,
    })),
    code: value.subarray(lineEnd + 1),
  };
  decoded.set(value, library);
  return library;
}
