/**
 * A `Derived` of the simplest kind, for tests: texts that grow by a letter at a time, and the number of letters
 * ever appended. A text is written at a checkpoint only; the total is a sum, so it goes with the last writes.
 */
import { type Bytes, bytesOfText, chars } from "../../src/base/bytes.ts";
import type { Derived } from "../../src/storage/derived.ts";
import type { OrderedReader, Write } from "../../src/storage/ordered-store.ts";

/** How often a text has been appended to since it was made, and the text. */
interface Text {
  readonly count: number;
  readonly text: string;
}

/** A text that is not derived any more since its key was written: the store has it. */
const STORED = "stored";

interface Generation {
  readonly texts: Map<string, Text | typeof STORED>;
  total: number;
}

const TOTAL_KEY = bytesOfText("total");

export function textKey(name: string): Bytes {
  return bytesOfText(`k${name}`);
}

export class Ledger implements Derived {
  /** What recovery told, for the tests to see which points they have met. */
  readonly seen = { freezes: 0, recordsAhead: 0, folds: 0, thaws: 0 };
  readonly #stepMs: number;
  #active: Generation = { texts: new Map(), total: 0 };
  #frozen: Generation | undefined;

  /** @param stepMs how long the fold of a text keeps the thread */
  constructor(stepMs = 0) {
    this.#stepMs = stepMs;
  }

  /** Appends; returns the redo record, to be committed in this turn. */
  append(name: string, letter: string, reader: OrderedReader): Buffer {
    const { count, text } = this.#current(name, reader);
    this.#active.texts.set(name, { count: count + 1, text: text + letter });
    this.#active.total += 1;
    return Buffer.from(JSON.stringify({ name, count: count + 1, letter }));
  }

  text(name: string, reader: OrderedReader): string {
    return this.#current(name, reader).text;
  }

  total(reader: OrderedReader): number {
    return storedTotal(reader) + this.#active.total + (this.#frozen?.total ?? 0);
  }

  redo(record: Buffer, reader: OrderedReader): void {
    const { name, count, letter } = JSON.parse(record.toString()) as {
      name: string;
      count: number;
      letter: string;
    };
    // First of all: it may have to be loaded, and this begun anew.
    const current = this.#current(name, reader);
    this.#active.total += 1;
    if (current.count >= count) this.seen.recordsAhead += 1;
    else this.#active.texts.set(name, { count, text: current.text + letter });
  }

  overwritten(key: Bytes): void {
    this.#active.texts.set(chars(key).slice(1), STORED);
  }

  freeze(): void {
    if (this.#frozen !== undefined) throw new Error("two frozen generations");
    this.seen.freezes += 1;
    this.#frozen = this.#active;
    this.#active = { texts: new Map(), total: 0 };
  }

  *fold(): Generator<Write> {
    this.seen.folds += 1;
    for (const [name, text] of this.#frozen?.texts ?? []) {
      const endMs = performance.now() + this.#stepMs;
      while (performance.now() < endMs) {}
      if (text !== STORED) yield [textKey(name), encodeText(text)];
    }
  }

  lastWrites(below: OrderedReader): readonly Write[] {
    const total = storedTotal(below) + (this.#frozen?.total ?? 0);
    return [[TOTAL_KEY, Buffer.from(String(total))]];
  }

  thawed(): void {
    this.seen.thaws += 1;
    this.#frozen = undefined;
  }

  get size(): number {
    return this.#active.texts.size;
  }

  get bytes(): number {
    let bytes = 0;
    for (const text of this.#active.texts.values()) bytes += text === STORED ? 0 : text.text.length;
    return bytes;
  }

  #current(name: string, reader: OrderedReader): Text {
    const held = this.#active.texts.get(name) ?? this.#frozen?.texts.get(name);
    if (held !== undefined && held !== STORED) return held;
    const stored = reader.get(textKey(name));
    return stored === undefined ? { count: 0, text: "" } : decodeText(stored);
  }
}

export function encodeText({ count, text }: Text): Buffer {
  return Buffer.from(`${count}:${text}`);
}

function decodeText(value: Buffer): Text {
  const [count = "", text = ""] = value.toString().split(":");
  return { count: Number(count), text };
}

function storedTotal(reader: OrderedReader): number {
  return Number(reader.get(TOTAL_KEY)?.toString() ?? 0);
}
