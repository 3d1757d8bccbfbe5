/**
 * Which arguments of a request name definitions of machines: those that commands.json calls `definition`, in their
 * place or behind their token.
 */
import type { Command } from "../../catalogue/command.ts";
import type { Argument } from "../../catalogue/declaration.ts";

export interface DefinitionUse {
  readonly id: Buffer;
  readonly position: number;
}

const NAME = "definition";

interface Choice {
  readonly positions: readonly number[];
  /** The position behind it. */
  readonly end: number;
}

/** Where the definitions of a command's requests stand. */
interface Plan {
  readonly positions: number[];
  /** Forms of which a request has one: as many of its words as stand before a token say which. */
  readonly choices: Array<readonly Choice[]>;
  /** By token in upper case: how many arguments follow it, and which of them, from 1, is a definition. */
  readonly options: Map<string, { readonly count: number; readonly definitionAt: number | undefined }>;
  /** Before this position there are no tokens. */
  optionsFrom: number;
}

const plans = new WeakMap<Command, Plan | "none">();

export function definitionsIn(command: Command, args: readonly Buffer[]): readonly DefinitionUse[] {
  const plan = planOf(command);
  if (plan === "none") return [];
  const positions = [...plan.positions, ...plan.choices.flatMap((choices) => chosen(plan, choices, args))];
  const found = positions.flatMap((position) => useAt(args, position));
  for (let at = plan.optionsFrom; at < args.length; at += 1) {
    const option = plan.options.get(args[at]?.toString("latin1").toUpperCase() ?? "");
    if (option === undefined) continue;
    if (option.definitionAt !== undefined) found.push(...useAt(args, at + option.definitionAt));
    at += option.count;
  }
  return found;
}

/** The definitions of the longest form that the words of a request are enough for. */
function chosen(plan: Plan, choices: readonly Choice[], args: readonly Buffer[]): readonly number[] {
  const isToken = (arg: Buffer) => plan.options.has(arg.toString("latin1").toUpperCase());
  const token = args.findIndex((arg, at) => at >= plan.optionsFrom && isToken(arg));
  const end = token < 0 ? args.length : token;
  const fitting = choices.filter((choice) => choice.end <= end).sort((a, b) => b.end - a.end);
  return fitting[0]?.positions ?? [];
}

function useAt(args: readonly Buffer[], position: number): DefinitionUse[] {
  const id = args[position];
  return id === undefined ? [] : [{ id, position }];
}

function planOf(command: Command): Plan | "none" {
  const known = plans.get(command);
  if (known !== undefined) return known;
  const { container, arguments: grammar } = command.declaration;
  const first = container === undefined ? 1 : 2;
  const plan: Plan = { positions: [], choices: [], options: new Map(), optionsFrom: first };
  place(plan, grammar, first);
  const hasAny =
    plan.positions.length > 0 ||
    plan.choices.length > 0 ||
    [...plan.options.values()].some((one) => one.definitionAt !== undefined);
  const made = hasAny ? plan : "none";
  plans.set(command, made);
  return made;
}

/** Notes arguments that begin at a position; returns the one behind them. */
function place(plan: Plan, grammar: readonly Argument[], from: number): number {
  let position = from;
  for (const argument of grammar) {
    if (argument.token !== undefined) {
      plan.options.set(argument.token.toUpperCase(), optionOf(argument));
    } else if (argument.type === "block") {
      position = place(plan, argument.parts, position);
    } else if (argument.type === "oneof") {
      const choices = argument.parts.map((part): Choice => {
        const positions: number[] = [];
        const end = place({ ...plan, positions }, [part], position);
        return { positions, end };
      });
      if (choices.some(({ positions }) => positions.length > 0)) plan.choices.push(choices);
      position = Math.max(...choices.map(({ end }) => end));
    } else {
      if (argument.name === NAME) plan.positions.push(position);
      position += 1;
      // What may be left out leaves its place to a token.
      if (!argument.isOptional) plan.optionsFrom = position;
    }
  }
  return position;
}

function optionOf({ type, name, parts }: Argument) {
  if (type === "pure-token") return { count: 0, definitionAt: undefined };
  const names = type === "block" ? parts.map((part) => part.name) : [name];
  const at = names.indexOf(NAME);
  return { count: names.length, definitionAt: at < 0 ? undefined : at + 1 };
}
