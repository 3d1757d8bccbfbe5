/**
 * The JSON of a map machine: `{"current": string, "map": {state: [target, …]}, "initial": string, "reason": string}`,
 * or the same four as an array. Fields of other names are passed over. What is wrong is reported with its JSON path,
 * its line and column, and what would be right.
 */
import { JsonFault, type JsonKind, JsonScanner, placeOf } from "../../base/json-scanner.ts";
import { at } from "../../engine/problems.ts";
import type { TransitionMap } from "../../machines/transition-map.ts";
import * as errors from "../../protocol/errors.ts";

export interface MachineDocument {
  readonly current: string;
  readonly map: TransitionMap;
  readonly initial: string;
  /** Undefined when the document has none. */
  readonly reason: string | undefined;
}

const FIELDS = ["current", "map", "initial", "reason"] as const;
type Field = (typeof FIELDS)[number];

/** Written while the document is read. */
interface Draft {
  current?: string;
  map?: TransitionMap;
  initial?: string;
  reason?: string;
}

/** An error repeats no more of a path than this. */
const PATH_LENGTH_MAX = 200;

/**
 * Reads a document. `isModule`: as the module does, `reason` must be there and of a state that is given twice
 * the last list counts; otherwise `reason` may be missing and a state given twice is refused. O(length).
 * @throws ReplyError ERR invalid machine at …
 */
export function readMachine(text: string, isModule: boolean): MachineDocument {
  const reader = new Reader(text, isModule);
  try {
    return reader.read();
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    const { line, column } = placeOf(text, error.offset);
    const path =
      reader.path.length > PATH_LENGTH_MAX ? `${reader.path.slice(0, PATH_LENGTH_MAX)}…` : reader.path;
    throw errors.invalidMachine(path, `line ${line} column ${column}`, error.message);
  }
}

class Reader {
  /** Where the reading has got to. */
  path = "$";
  readonly #scanner: JsonScanner;
  readonly #isModule: boolean;
  readonly #draft: Draft = {};

  constructor(text: string, isModule: boolean) {
    this.#scanner = new JsonScanner(text);
    this.#isModule = isModule;
  }

  read(): MachineDocument {
    const offset = this.#scanner.offset;
    const kind = this.#scanner.peek();
    if (kind === "object") this.#scanner.object((key, keyOffset) => this.#member(key, keyOffset));
    else if (kind === "array") this.#scanner.array((index) => this.#item(index));
    else {
      // What is no JSON at all has a fault of its own.
      this.#scanner.skip();
      throw new JsonFault(`expected an object, this is ${named(kind)}`, offset);
    }
    this.path = "$";
    this.#scanner.end();
    const { current, map, initial, reason } = this.#draft;
    if (current === undefined) throw missing("current", offset);
    if (map === undefined) throw missing("map", offset);
    if (initial === undefined) throw missing("initial", offset);
    if (reason === undefined && this.#isModule) throw missing("reason", offset);
    return { current, map, initial, reason };
  }

  #member(key: string, offset: number): void {
    this.path = at("$", key);
    checkKey(key, offset);
    const field = FIELDS.find((name) => name === key);
    if (field === undefined) this.#scanner.skip();
    else if (this.#draft[field] !== undefined) throw new JsonFault(`"${field}" is given twice`, offset);
    else this.#field(field);
    this.path = "$";
  }

  #item(index: number): void {
    this.path = at("$", index);
    const field = FIELDS[index];
    if (field === undefined)
      throw new JsonFault("a machine as an array has no more than 4 items", this.#scanner.offset);
    this.#field(field);
    this.path = "$";
  }

  #field(field: Field): void {
    if (field === "map") this.#draft.map = this.#map();
    else this.#draft[field] = this.#text();
  }

  #map(): TransitionMap {
    const { path } = this;
    this.#must("object");
    // A Map: it keeps keys that look like integers in their order, and knows no prototype.
    const lists = new Map<string, readonly string[]>();
    this.#scanner.object((state, offset) => {
      this.path = at(path, state);
      if (!this.#isModule && lists.has(state)) throw new JsonFault("the state is given twice", offset);
      checkKey(state, offset);
      lists.set(state, this.#targets());
    });
    return [...lists];
  }

  #targets(): readonly string[] {
    const { path } = this;
    this.#must("array");
    const targets: string[] = [];
    this.#scanner.array((index) => {
      this.path = at(path, index);
      targets.push(this.#text());
    });
    this.path = path;
    return targets;
  }

  #text(): string {
    this.#must("string");
    return this.#scanner.string();
  }

  #must(wanted: JsonKind): void {
    const offset = this.#scanner.offset;
    const kind = this.#scanner.peek();
    if (kind === wanted) return;
    this.#scanner.skip();
    const aim = wanted === "array" ? "an array of the states it leads to" : named(wanted);
    throw new JsonFault(`expected ${aim}, this is ${named(kind)}`, offset);
  }
}

/** A key goes through the same check as a string value: what is stored has bytes in UTF-8. */
function checkKey(key: string, offset: number): void {
  if (/\p{Surrogate}/u.test(key)) throw new JsonFault("half of a surrogate pair is not a character", offset);
}

function missing(field: Field, offset: number): JsonFault {
  return new JsonFault(
    `"${field}" is missing; a machine is {"current": string, "map": {state: [target, …]}, "initial": string, "reason": string}`,
    offset,
  );
}

function named(kind: JsonKind): string {
  if (kind === "object" || kind === "array") return `an ${kind}`;
  return kind === "null" ? "null" : `a ${kind}`;
}
