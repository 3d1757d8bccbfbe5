/**
 * The fields of an event's data that a machine reads when it gets the event, each with a guess of its type: from what it is compared or
 * computed with, and from the value of the context that it is assigned to.
 */
import { type JsonObject, memberAt } from "../base/json.ts";
import type { Expression } from "../engine/expressions.ts";
import { parse } from "../engine/expressions-parse.ts";
import { EXPRESSION_LIMITS } from "../engine/expressions-scope.ts";
import type { Tree } from "../engine/expressions-tree.ts";
import type { Action, Assignment, Guard, Machine } from "../engine/machine.ts";
import { type FieldType, hintsFor, pathOf, typeOfJson, type Values } from "./field-types.ts";
import { expressionsIn, reactionsTo } from "./reactions.ts";

export type { FieldType };

export interface EventField {
  /** Its path in the data. */
  readonly keys: readonly string[];
  /** Undefined where nothing says it. */
  readonly type: FieldType | undefined;
  /** Values that it is compared with. */
  readonly choices: readonly (string | number)[];
  /** The expression that reads it first. */
  readonly source: string;
}

/** @param configuration active states, outer ones among them, by their index */
export function eventFields(
  machine: Machine,
  event: string,
  configuration: readonly number[],
  context: JsonObject,
): readonly EventField[] {
  const fields = new Fields({ context: { ...machine.context, ...context }, constants: machine.constants });
  for (const { guard, does } of reactionsTo(machine, event, configuration)) {
    fields.ask(guard);
    for (const action of does) fields.act(action);
  }
  return fields.list();
}

interface Noted {
  readonly keys: readonly string[];
  type: FieldType | undefined;
  readonly choices: Set<string | number>;
  readonly source: string;
}

class Fields {
  readonly #values: Values;
  readonly #noted = new Map<string, Noted>();

  constructor(values: Values) {
    this.#values = values;
  }

  /** What an action reads. */
  act(action: Action): void {
    switch (action.kind) {
      case "assign":
        for (const assignment of action.assignments) this.#assign(assignment);
        break;
      case "choose":
        for (const { guard, actions } of action.branches) {
          this.ask(guard);
          for (const inner of actions) this.act(inner);
        }
        break;
      case "forEach":
        for (const expression of action.items.expressions) this.#read(expression, "list");
        for (const inner of action.actions) this.act(inner);
        break;
      default:
        for (const expression of expressionsIn(action)) this.#read(expression);
    }
  }

  /** What a guard reads. */
  ask(guard: Guard | undefined): void {
    for (const expression of expressionsIn(guard)) this.#read(expression, "boolean");
  }

  /** What is assigned has the type of the context at its place. */
  #assign({ keys, value: { expressions } }: Assignment): void {
    const path = keys.map((key) => ("key" in key ? key.key : undefined));
    const known = path.every((key) => key !== undefined) ? memberAt(this.#values.context, path) : undefined;
    const type = known === undefined ? undefined : typeOfJson(known);
    // One of several is a part of the value.
    const isWhole = expressions.length === 1 && type !== "object" && type !== "list";
    for (const expression of expressions) this.#read(expression, isWhole ? type : undefined);
    for (const key of keys) if ("expression" in key) this.#read(key.expression, "string");
  }

  #read({ source, reads }: Expression, expected?: FieldType): void {
    if (!reads.some(({ keys: [root] }) => root === "event" || root === "data")) return;
    const parsed = parse(source, EXPRESSION_LIMITS);
    if (parsed.ok) this.#visit(parsed.tree, expected, source);
  }

  #visit(tree: Tree, expected: FieldType | undefined, source: string): void {
    const keys = pathOf(tree);
    if (keys?.[0] === "event" || keys?.[0] === "data") {
      if (keys.length > 1 && !(keys[0] === "event" && keys[1] === "type")) {
        const noted = this.#note(keys.slice(1), source);
        noted.type ??= expected;
      }
      return;
    }
    for (const { part, type, choices = [] } of hintsFor(tree, expected, this.#values)) {
      this.#visit(part, type, source);
      const read = choices.length === 0 ? undefined : pathOf(part);
      if ((read?.[0] === "event" || read?.[0] === "data") && read.length > 1 && read[1] !== "type")
        for (const choice of choices)
          if (choice !== "") this.#note(read.slice(1), source).choices.add(choice);
    }
  }

  #note(keys: readonly string[], source: string): Noted {
    const name = JSON.stringify(keys);
    const noted = this.#noted.get(name) ?? { keys, type: undefined, choices: new Set(), source };
    this.#noted.set(name, noted);
    return noted;
  }

  /** In the order in which they are read; of a field that is read whole and in parts, its parts. */
  list(): readonly EventField[] {
    const all = [...this.#noted.values()];
    const isOuter = ({ keys }: Noted) =>
      all.some((other) => other.keys.length > keys.length && keys.every((key, at) => other.keys[at] === key));
    return all
      .filter((field) => !isOuter(field))
      .map(({ choices, ...field }) => ({ ...field, choices: [...choices] }));
  }
}
