/** What the options of the subcommand say, checked before a database or a server is asked for anything. */
import { parseDuration } from "../../engine/durations.ts";
import { type LoadedDefinition, loadDefinition } from "../documents.ts";
import { type Given, textOption, UsageError } from "../subcommand.ts";
import type { Names, Rareness } from "./moves.ts";
import { namesOf } from "./names.ts";

export interface Asked {
  readonly given: Given;
  readonly postgres: string;
  readonly table: string;
  /** The definition that the rows are held against. */
  readonly definition: LoadedDefinition | undefined;
  readonly names: Names;
  /** Of the keys of machines, with {} for the id. */
  readonly key: string | undefined;
  readonly rareness: Rareness;
  readonly everyMs: number;
  readonly overlapMs: number;
}

/** Options that say how a definition is made. */
const OF_DRAFTS = ["write", "without-rare", "initial", "final"];

/** @throws UsageError, DocumentError */
export async function readAsked(given: Given): Promise<Asked> {
  const file = textOption(given, "definition");
  const ofDraft = OF_DRAFTS.find((option) => given[option] !== undefined);
  if (file !== undefined && ofDraft !== undefined)
    throw new UsageError(
      `--${ofDraft} says how a definition is made, and --definition names one that is made`,
    );
  const key = textOption(given, "key");
  if (key?.includes("{}") === false)
    throw new UsageError(`--key has {} where the id of a row stands, unlike '${key}'`);
  return {
    given,
    postgres: neededOption(given, "postgres"),
    table: neededOption(given, "table"),
    names: namesOf(given),
    key,
    rareness: rarenessOf(textOption(given, "rare") ?? "1%"),
    everyMs: timeOf(given, "every", "2s"),
    overlapMs: timeOf(given, "overlap", "60s"),
    definition: file === undefined ? undefined : await loadDefinition(file),
  };
}

function neededOption(given: Given, name: string): string {
  const value = textOption(given, name);
  if (value === undefined || value === "") throw new UsageError(`--${name} is missing`);
  return value;
}

function rarenessOf(text: string): Rareness {
  const [, digits, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text) ?? [];
  if (digits === undefined)
    throw new UsageError(`--rare takes a number, or a share such as 0.5%, not '${text}'`);
  return percent === "%"
    ? { kind: "share", below: Number(digits) / 100 }
    : { kind: "count", below: Number(digits) };
}

function timeOf(given: Given, option: string, fallback: string): number {
  const text = textOption(given, option) ?? fallback;
  const ms = parseDuration(text);
  if (ms === undefined)
    throw new UsageError(`--${option} takes a length of time such as 500ms or 10s, not '${text}'`);
  return ms;
}
