/** Intrinsic functions of Amazon States Language: `States.Format('{} is {}', $.name, 3)`. */
import { quoted } from "./translation.ts";

export type IntrinsicResult =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly reason: string };

/** Translates a path inside a call; undefined where it has said itself what is wrong. */
type Translate = (source: string) => string | undefined;

const DEPTH_MAX = 10;

class Fault extends Error {}

export function intrinsicOf(source: string, path: Translate): IntrinsicResult {
  const reader = new Reader(source);
  try {
    const text = callIn(reader, path, 0);
    if (!reader.isAtEnd) throw new Fault(`${JSON.stringify(source)} has something behind its last bracket`);
    return { ok: true, text };
  } catch (error) {
    if (error instanceof Fault) return { ok: false, reason: error.message };
    throw error;
  }
}

class Reader {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  get isAtEnd(): boolean {
    return this.take(/\s*/y) !== undefined && this.#at >= this.#source.length;
  }

  /** What is next, if it matches; the pattern is sticky. */
  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#source);
    if (match === null) return undefined;
    this.#at = pattern.lastIndex;
    return match;
  }
}

function callIn(reader: Reader, path: Translate, depth: number): string {
  if (depth > DEPTH_MAX) throw new Fault(`calls of intrinsic functions may be nested ${DEPTH_MAX} deep`);
  const name = reader.take(/\s*States\.(\w+)\s*\(/y)?.[1];
  if (name === undefined) throw new Fault("an intrinsic function is States.Name(…)");
  const args: string[] = [];
  if (reader.take(/\s*\)/y) === undefined) {
    do args.push(argumentIn(reader, path, depth));
    while (reader.take(/\s*,/y) !== undefined);
    if (reader.take(/\s*\)/y) === undefined) throw new Fault(`States.${name} has no closing bracket`);
  }
  const translate = FUNCTIONS[name];
  if (translate === undefined)
    throw new Fault(
      ["UUID", "MathRandom", "Hash"].includes(name)
        ? `States.${name} is another value each time, or has no counterpart: let the worker make it`
        : `there is no States.${name}; there are ${Object.keys(FUNCTIONS).join(", ")}`,
    );
  return translate(args);
}

function argumentIn(reader: Reader, path: Translate, depth: number): string {
  const text = reader.take(/\s*'((?:[^'\\]|\\.)*)'/y)?.[1];
  if (text !== undefined) return quoted(text.replaceAll(/\\(.)/gs, "$1"));
  const plain = reader.take(/\s*(-?\d+(?:\.\d+)?|true|false|null)\b/y)?.[1];
  if (plain !== undefined) return plain;
  const source = reader.take(/\s*(\$(?:[\w$.*-]|\[[^\]]*\])*)/y)?.[1];
  if (source === undefined) return callIn(reader, path, depth + 1);
  const found = path(source);
  if (found === undefined) throw new Fault("");
  return found;
}

const FUNCTIONS: Readonly<Record<string, (args: readonly string[]) => string>> = {
  Format: ([pattern = "''", ...args]) => formatOf(pattern, args),
  StringToJson: ([a]) => `json.decode(${a})`,
  JsonToString: ([a]) => `json.encode(${a})`,
  Array: (args) => `[${args.join(", ")}]`,
  ArrayContains: ([a, b]) => `(${b} in ${a})`,
  ArrayGetItem: ([a, b]) => `${a}[${b}]`,
  ArrayLength: ([a]) => `size(${a})`,
  ArrayUnique: ([a]) => `${a}.distinct()`,
  ArrayPartition: ([a, n]) =>
    `range(0, math.ceil(size(${a}) / ${n})).map(i, ${a}.slice(i * ${n}, math.least((i + 1) * ${n}, size(${a}))))`,
  ArrayRange: ([a, b, step]) =>
    step === undefined || step === "1"
      ? `range(${a}, ${b} + 1)`
      : `range(0, math.floor((${b} - ${a}) / ${step}) + 1).map(i, ${a} + i * ${step})`,
  Base64Encode: ([a]) => `base64.encode(${a})`,
  Base64Decode: ([a]) => `base64.decode(${a})`,
  JsonMerge: ([a, b, isDeep]) => {
    if (isDeep !== undefined && isDeep !== "false")
      throw new Fault("States.JsonMerge merges the top level alone: its third argument is false");
    return `${a}.merge(${b})`;
  },
  MathAdd: ([a, b]) => `(${a} + ${b})`,
  StringSplit: ([a, b]) => `${a}.split(${b})`,
};

/** `{}` for each argument, in a text that is known. */
function formatOf(pattern: string, args: readonly string[]): string {
  const body = /^'([\s\S]*)'$/.exec(pattern)?.[1];
  if (body === undefined) throw new Fault("the pattern of States.Format is a string");
  const parts = body.split("{}");
  const pieces = parts.flatMap((part, index) => {
    const arg = index === 0 ? undefined : args[index - 1];
    if (index > 0 && arg === undefined) throw new Fault("States.Format has more {} than arguments");
    return [...(arg === undefined ? [] : [`string(${arg})`]), ...(part === "" ? [] : [`'${part}'`])];
  });
  return pieces.length === 0 ? "''" : `(${pieces.join(" + ")})`;
}
