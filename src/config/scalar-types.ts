/** Types of one value: switches, numbers, sizes, choices and texts. Fault texts are those of Redis. */
import { ok, refused, type ValueType, wordType } from "./value-type.ts";

const INT64_MAX = 9223372036854775807n;

export interface Limits {
  readonly min?: bigint | number;
  readonly max?: bigint | number;
  /** "seconds", "microseconds", …, for the documentation. */
  readonly unit?: string;
}

export const bool: ValueType<boolean> = wordType({
  syntax: "yes | no",
  parse: (word) => {
    const lower = word.toLowerCase();
    return lower === "yes" || lower === "no"
      ? ok(lower === "yes")
      : refused("argument must be 'yes' or 'no'");
  },
  print: (value) => (value ? "yes" : "no"),
});

/** A decimal integer. Values beyond 2^53-1 are kept as 2^53-1, which no limit of ours ever reaches. */
export function integer({ min = 0, max = INT64_MAX, unit }: Limits = {}): ValueType<number> {
  return wordType({
    syntax: `integer${limitsText(min, max)}${unit === undefined ? "" : `, ${unit}`}`,
    parse: (word) => {
      const value = /^(0|-?[1-9]\d{0,18})$/.test(word) ? BigInt(word) : undefined;
      if (value === undefined || BigInt.asIntN(64, value) !== value) {
        return refused("argument couldn't be parsed into an integer");
      }
      return checkLimits(value, min, max);
    },
    print: String,
  });
}

/** A size in bytes: digits and a unit. `k`, `m`, `g` count in thousands, `kb`, `mb`, `gb` in 1024, as in Redis. */
export function memory({ min = 0, max = INT64_MAX }: Limits = {}): ValueType<number> {
  return wordType({
    syntax: `size${limitsText(min, max)}`,
    parse: (word) => {
      const bytes = parseMemory(word);
      return bytes === undefined ? refused("argument must be a memory value") : checkLimits(bytes, min, max);
    },
    print: String,
    line: formatMemory,
  });
}

/** A size in bytes, or a share of the memory such as `5%`, which is held as a negative number. */
export const memoryOrPercent: ValueType<number> = wordType({
  syntax: "size or percentage",
  parse: (word) => {
    const percent = /^(0|[1-9]\d{0,17})%$/.exec(word)?.[1];
    if (percent !== undefined) {
      if (Number(percent) > 100) return refused("percentage argument must be less or equal to 100");
      // The sum turns -0 into 0.
      return ok(0 - Number(percent));
    }
    const bytes = parseMemory(word);
    return bytes === undefined
      ? refused("argument must be a memory or percent value")
      : checkLimits(bytes, 0, INT64_MAX);
  },
  print: (value) => (value < 0 ? `${-value}%` : String(value)),
  line: (value) => (value < 0 ? `${-value}%` : formatMemory(value)),
});

/** File permissions in octal. */
export const octal: ValueType<number> = wordType({
  syntax: "octal number, 0 to 777",
  parse: (word) =>
    /^0*[0-7]{1,3}$/.test(word)
      ? ok(Number.parseInt(word, 8))
      : refused("argument couldn't be parsed as an octal number"),
  print: (value) => value.toString(8),
});

/** One of several words, in any case. */
export function choice<const Words extends readonly string[]>(...words: Words): ValueType<Words[number]> {
  return wordType<Words[number]>({
    syntax: words.join(" | "),
    parse: (word) => {
      const found = words.find((candidate) => candidate.toLowerCase() === word.toLowerCase());
      return found === undefined ? refused(choiceFault(words)) : ok(found);
    },
    print: (value) => value,
  });
}

export function choiceFault(words: readonly string[]): string {
  return `argument(s) must be one of the following: ${words.join(", ")}`;
}

/** A size in bytes as a number; undefined when it is not a size. The empty word is 0, as in Redis. */
export function parseMemory(word: string): bigint | undefined {
  const unit = word.replace(/^\d{0,30}/, "");
  const size = UNITS.get(unit.toLowerCase());
  return size === undefined ? undefined : BigInt(word.slice(0, word.length - unit.length)) * BigInt(size);
}

/** The shortest exact way to write a size: `1gb`, `64mb`, `100`. */
export function formatMemory(bytes: number): string {
  for (const [unit, size] of BINARY_UNITS) {
    if (bytes !== 0 && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return String(bytes);
}

const BINARY_UNITS = [
  ["gb", 2 ** 30],
  ["mb", 2 ** 20],
  ["kb", 2 ** 10],
] as const;

const UNITS: ReadonlyMap<string, number> = new Map<string, number>([
  ...BINARY_UNITS,
  ["g", 1e9],
  ["m", 1e6],
  ["k", 1e3],
  ["b", 1],
  ["", 1],
]);

function checkLimits(value: bigint, min: bigint | number, max: bigint | number) {
  if (value < min || value > max) return refused(`argument must be between ${min} and ${max} inclusive`);
  return ok(Math.min(Number(value), Number.MAX_SAFE_INTEGER));
}

function limitsText(min: bigint | number, max: bigint | number): string {
  return BigInt(max) >= INT64_MAX ? ` from ${min}` : ` ${min} to ${max}`;
}
