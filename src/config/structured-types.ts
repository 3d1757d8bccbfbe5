/** Types with a structure of their own: save points, output buffer limits, keyspace events, shutdown options. */
import { choiceFault, formatMemory, parseMemory } from "./scalar-types.ts";
import { isEmptyText } from "./text-types.ts";
import { ok, type Parsed, refused, type ValueType, wordType } from "./value-type.ts";

export interface SavePoint {
  readonly seconds: number;
  readonly changes: number;
}

/** Pairs of seconds and changes. Repeated lines add up; the empty text removes all. */
export const savePoints: ValueType<readonly SavePoint[]> = {
  syntax: 'pairs of seconds and changes, or ""',
  takes: "words",
  parse: (words, { current, isRepeated }) => {
    if (isEmptyText(words)) return ok([]);
    const points: SavePoint[] = [];
    for (let at = 0; at < words.length; at += 2) {
      const [seconds, changes] = [toCount(words[at]), toCount(words[at + 1])];
      if (seconds === undefined || seconds === 0 || changes === undefined)
        return refused("Invalid save parameters");
      points.push({ seconds, changes });
    }
    return ok(isRepeated ? [...current, ...points] : points);
  },
  print: (value) => value.map(savePointText).join(" "),
  lines: (value) => (value.length === 0 ? ['""'] : value.map(savePointText)),
};

/** A limit is off when it is 0. */
export interface OutputBufferLimit {
  readonly hardBytes: number;
  readonly softBytes: number;
  readonly softSeconds: number;
}

const OUTPUT_CLASSES = ["normal", "replica", "pubsub"] as const;

export type OutputBufferLimits = Readonly<Record<(typeof OUTPUT_CLASSES)[number], OutputBufferLimit>>;

/** Limits by class of client; classes that are not named keep theirs. */
export const outputBufferLimits: ValueType<OutputBufferLimits> = {
  syntax: "(normal | replica | pubsub) hard-size soft-size soft-seconds …",
  takes: "words",
  parse: (words, { current }) => {
    const given = isEmptyText(words) ? [] : words;
    if (given.length % 4 !== 0) {
      return refused("Wrong number of arguments in buffer limit configuration.");
    }
    let limits = current;
    for (let at = 0; at < given.length; at += 4) {
      const name = outputClass(given[at]);
      if (name === undefined) return refused("Invalid client class specified in buffer limit configuration.");
      const limit = outputBufferLimit(given.slice(at + 1, at + 4));
      if (limit === undefined) {
        return refused("Error in hard, soft or soft_seconds setting in buffer limit configuration.");
      }
      limits = { ...limits, [name]: limit };
    }
    return ok(limits);
  },
  // CONFIG GET keeps the old word for a replica, because clients look for it.
  print: (value) =>
    OUTPUT_CLASSES.map((name) => {
      const { hardBytes, softBytes, softSeconds } = value[name];
      return `${name === "replica" ? "slave" : name} ${hardBytes} ${softBytes} ${softSeconds}`;
    }).join(" "),
  lines: (value) =>
    OUTPUT_CLASSES.map((name) => {
      const { hardBytes, softBytes, softSeconds } = value[name];
      return `${name} ${formatMemory(hardBytes)} ${formatMemory(softBytes)} ${softSeconds}`;
    }),
};

/**
 * Classes of keyspace notifications. `K` and `E` choose the two kinds of channel; `A` stands for all but `m` and
 * `n`. The value is the set of single letters, `A` spelled out.
 */
export type KeyspaceEvents = ReadonlySet<string>;

const ALL_EVENTS = "g$lshzxetd";

export const keyspaceEvents: ValueType<KeyspaceEvents> = wordType<KeyspaceEvents>({
  syntax: "letters of KEg$lshzxetdmnA",
  parse: (word) => {
    const isKnown = [...word].every((letter) => `A${ALL_EVENTS}KEmn`.includes(letter));
    if (!isKnown) return refused("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
    return ok(new Set(word.replaceAll("A", () => ALL_EVENTS)));
  },
  print: keyspaceEventsText,
  line: (value) => `"${keyspaceEventsText(value)}"`,
});

const SHUTDOWN_OPTIONS = ["default", "save", "nosave", "now", "force"] as const;

export type ShutdownOption = Exclude<(typeof SHUTDOWN_OPTIONS)[number], "default">;

/** Options of SHUTDOWN for a signal; none of them is "default". */
export const shutdownOptions: ValueType<readonly ShutdownOption[]> = {
  syntax: "default | any of save, nosave, now, force",
  takes: "words",
  parse: (words) => {
    const options = words.map((word) => SHUTDOWN_OPTIONS.find((option) => option === word.toLowerCase()));
    if (words.length === 0 || options.includes(undefined)) return refused(choiceFault(SHUTDOWN_OPTIONS));
    if (options.includes("save") && options.includes("nosave")) {
      return refused("shutdown options SAVE and NOSAVE can't be used simultaneously");
    }
    return ok(
      SHUTDOWN_OPTIONS.filter((option) => option !== "default").filter((option) => options.includes(option)),
    );
  },
  print: shutdownText,
  lines: (value) => [shutdownText(value)],
};

export interface CommandRenaming {
  readonly from: string;
  /** Empty when the command is taken away. */
  readonly to: string;
}

/** `rename-command FROM TO`, one a line, in order. */
export const commandRenamings: ValueType<readonly CommandRenaming[]> = {
  syntax: 'command, new name or ""',
  takes: "words",
  parse: (words, { current, isRepeated }): Parsed<readonly CommandRenaming[]> => {
    const [from, to] = words;
    if (from === undefined || to === undefined || words.length > 2) {
      return refused("Bad directive or wrong number of arguments");
    }
    return ok([...(isRepeated ? current : []), { from, to }]);
  },
  print: (value) => value.map(({ from, to }) => `${from} ${to}`).join(" "),
  lines: (value) => value.map(({ from, to }) => `${from} ${to === "" ? '""' : to}`),
};

function savePointText({ seconds, changes }: SavePoint): string {
  return `${seconds} ${changes}`;
}

function toCount(word: string | undefined): number | undefined {
  return word !== undefined && /^\d{1,9}$/.test(word) ? Number(word) : undefined;
}

function toBytes(word: string): number | undefined {
  const bytes = parseMemory(word);
  return bytes === undefined ? undefined : Math.min(Number(bytes), Number.MAX_SAFE_INTEGER);
}

function outputClass(word: string | undefined): keyof OutputBufferLimits | undefined {
  const lower = word?.toLowerCase();
  return lower === "slave" ? "replica" : OUTPUT_CLASSES.find((name) => name === lower);
}

function outputBufferLimit(words: readonly string[]): OutputBufferLimit | undefined {
  const [hardBytes, softBytes] = words.slice(0, 2).map(toBytes);
  const softSeconds = toCount(words[2]);
  if (hardBytes === undefined || softBytes === undefined || softSeconds === undefined) return undefined;
  return { hardBytes, softBytes, softSeconds };
}

function keyspaceEventsText(value: KeyspaceEvents): string {
  const hasAll = [...ALL_EVENTS].every((letter) => value.has(letter));
  const pick = (letters: string) => [...letters].filter((letter) => value.has(letter)).join("");
  // After `A` Redis leaves `n` out and so loses it; here the text always reads back to the same set.
  return hasAll ? `A${pick("KEmn")}` : pick(`${ALL_EVENTS}nKEm`);
}

function shutdownText(value: readonly ShutdownOption[]): string {
  return value.length === 0 ? "default" : value.join(" ");
}
