/** The union, intersection and difference of sorted sets; a set counts as one whose scores are 1. */
import { type Bytes, bytesOf } from "../../base/bytes.ts";
import { parseDouble } from "../../base/double-text.ts";
import * as errors from "../../protocol/errors.ts";
import { Held } from "../../values/held.ts";
import { type Scored, SortedSet } from "../../values/sorted-set.ts";
import { Table } from "../../values/table.ts";
import { argument, safeIndex, token } from "../arguments.ts";
import type { Call } from "../handler.ts";
import { limitValue } from "../key-count.ts";
import { look } from "../values.ts";

/** A sorted set or a set, whose members all have the score 1. */
interface Source {
  readonly count: number;
  score(member: Buffer): number | undefined;
  elements(): Iterable<Scored>;
}

export type Aggregate = "SUM" | "MIN" | "MAX";
export type Combination = "union" | "intersection" | "difference";

export interface Combined {
  readonly sources: ReadonlyArray<{ readonly source: Source | undefined; readonly weight: number }>;
  readonly aggregate: Aggregate;
  readonly withScores: boolean;
  /** Of ZINTERCARD; 0: none. */
  readonly limit: number;
}

export interface CombiningForm {
  /** The argument with the number of keys. */
  readonly at: number;
  readonly combination: Combination;
  readonly isStored?: boolean;
  readonly isCounted?: boolean;
}

/** Reads the keys and what they hold, then the options. @throws ReplyError for what makes no sense, WRONGTYPE */
export function combined(call: Call, form: CombiningForm): Combined {
  const { args, command } = call;
  const count = safeIndex(argument(args, form.at));
  if (count < 1) throw errors.noInputKeys(command.name);
  const first = form.at + 1;
  if (count > args.length - first) throw errors.syntaxError();
  const sources = args.slice(first, first + count).map((key) => sourceAt(call, key));
  const options = optionsOf(args, first + count, sources.length, form);
  const { weights } = options;
  return { ...options, sources: sources.map((source, index) => ({ source, weight: weights[index] ?? 1 })) };
}

function sourceAt(call: Call, key: Buffer): Source | undefined {
  const record = look(call, key);
  if (record === undefined) return undefined;
  if (record.type === "sortedSet") return new SortedSet(new Held(call.db, bytesOf(key), "sortedSet", record));
  if (record.type !== "set") throw errors.wrongType();
  const table = new Table(new Held(call.db, bytesOf(key), "set", record));
  return {
    count: table.count,
    score: (member) => (table.has(member) ? 1 : undefined),
    elements: () => Array.from(table.elements(), ({ name }) => ({ name, score: 1 })),
  };
}

function optionsOf(args: readonly Buffer[], from: number, count: number, form: CombiningForm) {
  let weights: readonly number[] = [];
  let aggregate: Aggregate = "SUM";
  let withScores = false;
  let limit = 0;
  const mayWeigh = form.combination !== "difference" && form.isCounted !== true;
  for (let at = from; at < args.length; at += 1) {
    const word = token(args[at]);
    const left = args.length - at - 1;
    if (word === "WEIGHTS" && mayWeigh && left >= count) {
      weights = args.slice(at + 1, at + 1 + count).map(weightOf);
      at += count;
    } else if (word === "AGGREGATE" && mayWeigh && left >= 1) {
      at += 1;
      aggregate = aggregateOf(args[at]);
    } else if (word === "WITHSCORES" && form.isStored !== true && form.isCounted !== true) withScores = true;
    else if (word === "LIMIT" && form.isCounted && left >= 1) {
      at += 1;
      limit = limitValue(argument(args, at));
    } else throw errors.syntaxError();
  }
  return { weights, aggregate, withScores, limit };
}

function weightOf(bytes: Buffer): number {
  const weight = parseDouble(bytes.toString("latin1"));
  if (weight === undefined) throw errors.weightNotFloat();
  return weight;
}

function aggregateOf(bytes: Buffer | undefined): Aggregate {
  const word = token(bytes);
  if (word !== "SUM" && word !== "MIN" && word !== "MAX") throw errors.syntaxError();
  return word;
}

/** The members of a combination with their scores, in the order of a sorted set. */
export function combination(kind: Combination, query: Combined): Scored[] {
  const members =
    kind === "union" ? union(query) : kind === "intersection" ? [...intersection(query)] : difference(query);
  return members.sort((a, b) => compareNumbers(a.score, b.score) || a.name.compare(b.name));
}

/** Infinities have no difference. */
function compareNumbers(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function union({ sources, aggregate }: Combined): Scored[] {
  const scores = new Map<Bytes, Scored>();
  for (const { source, weight } of bySize(sources)) {
    for (const { name, score } of source.elements()) {
      const key = bytesOf(name);
      const weighted = numberOr0(weight * score);
      const before = scores.get(key);
      scores.set(key, {
        name,
        score: before === undefined ? weighted : aggregated(aggregate, before.score, weighted),
      });
    }
  }
  return [...scores.values()];
}

/** The members all have; lazy. */
export function* intersection({ sources, aggregate }: Combined): Generator<Scored> {
  const [smallest, ...others] = bySize(sources);
  if (smallest === undefined || others.length + 1 < sources.length) return;
  for (const { name, score } of smallest.source.elements()) {
    let sum: number | undefined = numberOr0(smallest.weight * score);
    for (const { source, weight } of others) {
      const other = source.score(name);
      sum = other === undefined ? undefined : aggregated(aggregate, sum, weight * other);
      if (sum === undefined) break;
    }
    if (sum !== undefined) yield { name, score: sum };
  }
}

function difference({ sources }: Combined): Scored[] {
  const [first, ...others] = sources;
  if (first?.source === undefined) return [];
  const isElsewhere = (name: Buffer) => others.some(({ source }) => source?.score(name) !== undefined);
  return [...first.source.elements()].filter(({ name }) => !isElsewhere(name));
}

function bySize(sources: Combined["sources"]) {
  return sources
    .flatMap(({ source, weight }) => (source === undefined ? [] : [{ source, weight }]))
    .sort((a, b) => a.source.count - b.source.count);
}

function aggregated(aggregate: Aggregate, a: number, b: number): number {
  if (aggregate === "SUM") return numberOr0(a + b);
  return aggregate === "MIN" ? Math.min(a, b) : Math.max(a, b);
}

/** What is no number, such as the sum of both infinities, counts as 0. */
function numberOr0(value: number): number {
  return Number.isNaN(value) ? 0 : value;
}
