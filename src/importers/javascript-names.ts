/** What the translation of JavaScript needs: the names of variables here; and what it makes. */

/** An expression of ours. `level` is how tightly its outermost operator binds: 1 for `? :`, 8 for what needs no brackets. */
export type Cel = {
  readonly text: string;
  readonly level: number;
  /** As far as it is known. */
  readonly type: "bool" | "number" | "string" | "list" | "map" | "null" | undefined;
};

/** The variables of a place. */
export type Names = {
  /** What the first `used` names of a path stand for; undefined where there is no such variable. */
  resolve(
    path: readonly string[],
  ): { readonly text: string; readonly used: number; readonly type: Cel["type"] } | undefined;
  /** What to say of a name that there is not. */
  unknown(name: string): string;
  /** True for an expression that always has a value, be it null. */
  isDeclared(text: string): boolean;
  /** The counterpart of a function of the place; undefined where there is none. */
  call(name: string, args: readonly Cel[]): Cel | undefined;
};

/** It has no counterpart; the message says what to write. */
export class Untranslatable extends Error {}

/** The text, in brackets where something of that level is asked for. */
export function wrap({ text, level }: Cel, min: number): string {
  return level < min ? `(${text})` : text;
}

/** The variables of a place and one more, as in a function that is handed to `map`. */
export function withLocal(names: Names, local: string): Names {
  return {
    ...names,
    resolve: (path) => (path[0] === local ? { text: local, used: 1, type: undefined } : names.resolve(path)),
  };
}

/** Variables that are called here as they are there. */
export function sameNames(variables: readonly string[], hint: string): Names {
  return {
    resolve: ([name = ""]) =>
      variables.includes(name) ? { text: name, used: 1, type: undefined } : undefined,
    unknown: (name) => `there is no variable '${name}'${hint}`,
    isDeclared: () => false,
    call: () => undefined,
  };
}
