/** The format of `struct`: a letter for each item, a number behind it, and signs for byte order and alignment. */
import type { Lua, State } from "./lua.ts";

export interface StructItem {
  readonly option: string;
  /** In bytes; 0: it has none, or it depends on the data. */
  readonly size: number;
  /** Bytes in front of it that align it. */
  readonly padding: number;
  readonly isBig: boolean;
}

const SIZES: Readonly<Record<string, number>> = {
  b: 1,
  B: 1,
  h: 2,
  H: 2,
  l: 8,
  L: 8,
  T: 8,
  f: 4,
  d: 8,
  x: 1,
  s: 0,
};
const INTEGER_BYTES_MAX = 32;
const ALIGNMENT_MAX = 8;
const NUMBER_MAX = 2 ** 31 - 1;

/** Reads the format that is the first argument. */
export class StructFormat {
  readonly #lua: Lua;
  readonly #state: State;
  readonly #text: string;
  readonly #isMeasured: boolean;
  #at = 0;
  #isBig = false;
  #alignment = 1;

  /** A format that is only measured may have letters that mean nothing. */
  constructor(lua: Lua, state: State, { isMeasured = false }: { readonly isMeasured?: boolean } = {}) {
    this.#isMeasured = isMeasured;
    this.#lua = lua;
    this.#state = state;
    const [text = ""] = lua.checkBytes(state, 1).latin1Slice().split("\0");
    this.#text = text;
  }

  /** The next item, which stands at an offset; undefined at the end. */
  next(offset: number): StructItem | undefined {
    while (this.#at < this.#text.length) {
      const option = this.#text.charAt(this.#at);
      this.#at += 1;
      const size = this.#sizeOf(option);
      if (size !== undefined)
        return { option, size, padding: this.#padding(offset, option, size), isBig: this.#isBig };
      this.#control(option);
    }
    return undefined;
  }

  #sizeOf(option: string): number | undefined {
    if (option === "c") return this.#number(1);
    if (option !== "i" && option !== "I") return SIZES[option];
    const size = this.#number(4);
    if (size > INTEGER_BYTES_MAX)
      this.#lua.error(this.#state, `integral size ${size} is larger than limit of ${INTEGER_BYTES_MAX}`);
    return size;
  }

  #number(otherwise: number): number {
    const [digits = ""] = /^\d*/.exec(this.#text.slice(this.#at)) ?? [];
    this.#at += digits.length;
    if (digits === "") return otherwise;
    if (Number(digits) > NUMBER_MAX) this.#lua.error(this.#state, "integral size overflow");
    return Number(digits);
  }

  #padding(offset: number, option: string, given: number): number {
    if (given === 0 || option === "c") return 0;
    const size = Math.min(given, this.#alignment);
    return (size - (offset & (size - 1))) & (size - 1);
  }

  #control(option: string): void {
    if (option === " " || (this.#isMeasured && /[A-Za-z0-9]/.test(option))) return;
    if (option === ">") this.#isBig = true;
    else if (option === "<") this.#isBig = false;
    else if (option === "!") {
      const alignment = this.#number(ALIGNMENT_MAX);
      if (alignment <= 0 || (alignment & (alignment - 1)) !== 0)
        this.#lua.error(this.#state, `alignment ${alignment} is not a power of 2`);
      this.#alignment = alignment;
    } else this.#lua.argumentError(this.#state, 1, `invalid format option '${option}'`);
  }
}
