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

/** Where the definitions of a command's requests stand. */
interface Plan {
  readonly positions: number[];
  /** By token in upper case: how many arguments follow it, and which of them, from 1, is a definition. */
  readonly options: Map<string, { readonly count: number; readonly definitionAt: number | undefined }>;
  /** Before this position there are no tokens. */
  optionsFrom: number;
}

const plans = new WeakMap<Command, Plan | "none">();

export function definitionsIn(command: Command, args: readonly Buffer[]): readonly DefinitionUse[] {
  const plan = planOf(command);
  if (plan === "none") return [];
  const found = plan.positions.flatMap((position) => useAt(args, position));
  for (let at = plan.optionsFrom; at < args.length; at += 1) {
    const option = plan.options.get(args[at]?.toString("latin1").toUpperCase() ?? "");
    if (option === undefined) continue;
    if (option.definitionAt !== undefined) found.push(...useAt(args, at + option.definitionAt));
    at += option.count;
  }
  return found;
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
  const plan: Plan = { positions: [], options: new Map(), optionsFrom: first };
  place(plan, grammar, first);
  const hasAny =
    plan.positions.length > 0 || [...plan.options.values()].some((one) => one.definitionAt !== undefined);
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
    } else if (argument.type === "oneof" || argument.type === "block") {
      position = place(plan, argument.parts, position);
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
