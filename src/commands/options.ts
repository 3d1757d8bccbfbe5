/**
 * Options: words in any case and any order behind the positional arguments of a command, each with a fixed number
 * of values. One that is given twice is an error unless it repeats: which of the two was meant cannot be known.
 */
import * as errors from "../protocol/errors.ts";
import { optionNeeds, unknownOption } from "../protocol/word-errors.ts";
import { token } from "./arguments.ts";

export interface OptionForm {
  /** How many arguments follow the word. */
  readonly values: number;
  /** The option may be given several times, and words behind its value that are no options are values too. */
  readonly repeats?: true;
}

/** An option that is a word alone. */
export const FLAG: OptionForm = { values: 0 };
/** An option with one value. */
export const VALUE: OptionForm = { values: 1 };
/** An option with one value or more. */
export const VALUES: OptionForm = { values: 1, repeats: true };

export type OptionForms<Name extends string> = Readonly<Record<Name, OptionForm>>;

/** The options that were given. */
export class Options<Name extends string> {
  readonly #given: ReadonlyMap<string, readonly Buffer[]>;

  constructor(given: ReadonlyMap<string, readonly Buffer[]>) {
    this.#given = given;
  }

  has(name: Name): boolean {
    return this.#given.has(name);
  }

  /** The value of an option, the first where it has several; undefined when it was not given. */
  value(name: Name): Buffer | undefined {
    return this.#given.get(name)?.[0];
  }

  /** All values of an option, in the order in which they came. */
  values(name: Name): readonly Buffer[] {
    return this.#given.get(name) ?? [];
  }
}

const NO_OPTIONS = new Options<never>(new Map());

function formOf(forms: OptionForms<string>, name: string): OptionForm | undefined {
  return Object.hasOwn(forms, name) ? forms[name] : undefined;
}

/** @throws ReplyError for a word that is no option, a value that is missing, or an option that is given twice */
export function readOptions<Name extends string>(
  args: readonly Buffer[],
  from: number,
  forms: OptionForms<Name>,
): Options<Name> {
  // Nearly every request has none.
  if (args.length <= from) return NO_OPTIONS;
  const given = new Map<string, Buffer[]>();
  for (let position = from; position < args.length; ) {
    const word = args[position] ?? Buffer.alloc(0);
    const name = token(word);
    const form = formOf(forms, name);
    if (form === undefined) throw unknownOption(word, Object.keys(forms));
    const values = given.get(name) ?? [];
    if (given.has(name) && form.repeats === undefined) throw errors.optionTwice(name);
    let behind = position + 1 + form.values;
    if (args.length < behind) throw optionNeeds(name, form.values);
    if (form.repeats)
      while (behind < args.length && formOf(forms, token(args[behind])) === undefined) behind += 1;
    values.push(...args.slice(position + 1, behind));
    given.set(name, values);
    position = behind;
  }
  return new Options(given);
}

/** Whether an option was given; false for options that cannot be read. */
export function hasOption<Name extends string>(
  args: readonly Buffer[],
  from: number,
  forms: OptionForms<Name>,
  name: Name,
): boolean {
  try {
    return readOptions(args, from, forms).has(name);
  } catch {
    return false;
  }
}

/** @throws ReplyError when more than one of these options is given */
export function atMostOneOf<Name extends string>(options: Options<Name>, names: readonly Name[]): void {
  const given = names.filter((name) => options.has(name));
  if (given.length > 1)
    throw errors.err(`${given.join(" and ")} options at the same time are not compatible`);
}
