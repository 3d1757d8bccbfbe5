/**
 * Data that events may come with, so that guards are met both open and closed: values that are in the guards and near
 * them, and values of the context that they are compared with.
 */
import { isJsonObject, type Json, type JsonObject, memberAt } from "../base/json.ts";
import { readsOf, sourceOf } from "../engine/guards.ts";
import type { Machine } from "../engine/machine.ts";
import type { Snapshot } from "../engine/types.ts";
import { expressionsIn, reactionsTo } from "./reactions.ts";

/** Values tried for one field, and data tried for one event in one situation. */
const VALUES_MAX = 16;
const DATA_MAX = 40;
/** Where nothing is known of a field. */
const PLAIN_VALUES: readonly Json[] = [1, "x", true, [], ["x"], {}, 0, "", false];

/** What is known of a field of an event's data. */
interface Field {
  readonly keys: readonly string[];
  /** Literals of the expressions that read it. */
  readonly literals: Set<Json>;
  /** Paths of the context that are read beside it. */
  readonly beside: Map<string, readonly string[]>;
}

/** What transitions read of the events of a descriptor. */
export class Samples {
  readonly #machine: Machine;
  readonly #given: ReadonlyMap<string, readonly Json[]>;
  readonly #fields = new Map<string, readonly Field[]>();

  /** @param given the data to try for events, where it is said */
  constructor(machine: Machine, given: ReadonlyMap<string, readonly Json[]> = new Map()) {
    this.#machine = machine;
    this.#given = given;
  }

  /** Data to try for an event in a context; undefined stands for none. Deterministic, and never empty. */
  dataFor(event: string, { context, configuration }: Snapshot): readonly (Json | undefined)[] {
    const given = this.#given.get(event) ?? [];
    if (given.length > 0) return given;
    const name = `${configuration.join(",")} ${event}`;
    const known = this.#fields.get(name);
    const fields = known ?? fieldsOf(this.#machine, event, configuration);
    if (known === undefined) this.#fields.set(name, fields);
    if (fields.length === 0) return [undefined];
    return combined(fields.map((field) => ({ keys: field.keys, values: valuesOf(field, context) })));
  }
}

/** What is read of an event by the transitions that may react to it, by what they enter, and by automatic ones there. */
function fieldsOf(machine: Machine, event: string, configuration: readonly number[]): readonly Field[] {
  const fields = new Map<string, Field>();
  for (const { guard, does } of reactionsTo(machine, event, configuration)) {
    if (guard !== undefined)
      note(
        fields,
        sourceOf(guard),
        readsOf(guard).map(({ keys }) => keys),
      );
    for (const { source, reads } of expressionsIn(does))
      note(
        fields,
        source,
        reads.map(({ keys }) => keys),
      );
  }
  return [...fields.values()];
}

function note(fields: Map<string, Field>, source: string, reads: readonly (readonly string[])[]): void {
  const literals = literalsOf(source);
  const contexts = reads.filter(([variable]) => variable === "context").map((keys) => keys.slice(1));
  for (const [variable, ...keys] of reads) {
    if ((variable !== "event" && variable !== "data") || keys.length === 0 || keys[0] === "type") continue;
    const name = keys.join(".");
    const field = fields.get(name) ?? { keys, literals: new Set(), beside: new Map() };
    for (const literal of literals) field.literals.add(literal);
    for (const context of contexts) field.beside.set(context.join("."), context);
    fields.set(name, field);
  }
}

/** Numbers and what is next to them, texts, true and false. */
function literalsOf(source: string): readonly Json[] {
  const found: Json[] = [];
  for (const [, single, double, number, word] of source.matchAll(
    /'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(?<![\w.])(\d+(?:\.\d+)?)|\b(true|false)\b/g,
  )) {
    const text = single ?? double;
    if (text !== undefined) found.push(text);
    else if (number !== undefined) found.push(Number(number), Number(number) + 1, Number(number) - 1);
    else found.push(word === "true", word !== "true");
  }
  return found;
}

function valuesOf({ literals, beside }: Field, context: JsonObject): readonly Json[] {
  const seen = [...beside.values()]
    .map((keys) => memberAt(context, keys))
    .filter((value) => value !== undefined);
  const numbers = seen.filter((value) => typeof value === "number");
  const near = numbers.flatMap((value) => [value, value + 1, value - 1]);
  // `context.paid + event.amount >= context.total` is met by a difference.
  const between = numbers.flatMap((a) => numbers.flatMap((b) => (a > b ? [a - b] : [])));
  const items = seen.flatMap((value) =>
    Array.isArray(value) ? value : isJsonObject(value) ? Object.keys(value) : [],
  );
  const texts = seen.filter((value) => typeof value === "string" || typeof value === "boolean");
  const all = [...between, ...near, ...texts, ...items.slice(0, VALUES_MAX), ...literals, ...PLAIN_VALUES];
  return [...new Set(all)].slice(0, VALUES_MAX);
}

interface Choice {
  readonly keys: readonly string[];
  readonly values: readonly Json[];
}

/** One field after the other through its values, then all together; at last no data at all. */
function combined(choices: readonly Choice[]): readonly (Json | undefined)[] {
  const found: (Json | undefined)[] = [];
  const data = (indices: readonly number[]): Json =>
    choices.reduce<JsonObject>(
      (object, { keys, values }, at) =>
        withValue(object, keys, values[(indices[at] ?? 0) % values.length] ?? null),
      {},
    );
  const first = choices.map(() => 0);
  found.push(data(first));
  for (const [at, { values }] of choices.entries())
    for (let index = 1; index < values.length; index += 1) found.push(data(first.with(at, index)));
  for (let round = 1; choices.length > 1 && found.length < DATA_MAX; round += 1) {
    found.push(data(choices.map((_, at) => round + at * round)));
    if (round >= VALUES_MAX * 2) break;
  }
  return [...found.slice(0, DATA_MAX - 1), undefined];
}

function withValue(object: JsonObject, [key = "", ...rest]: readonly string[], value: Json): JsonObject {
  if (rest.length === 0) return { ...object, [key]: value };
  const inner = object[key];
  return { ...object, [key]: withValue(isJsonObject(inner) ? inner : {}, rest, value) };
}
