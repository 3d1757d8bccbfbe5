/** How functions are declared: a name, the kinds of the arguments, the kind of the result, and what computes it. */
import type { Duration, MapValue, Optional, Timestamp } from "./expressions-values.ts";

/** What is handed to a function for each kind it asks for. */
type Kinds = {
  readonly string: string;
  readonly number: number;
  /** A whole number. */
  readonly int: number;
  readonly bool: boolean;
  readonly list: readonly unknown[];
  readonly map: MapValue;
  readonly timestamp: Timestamp;
  readonly duration: Duration;
  readonly optional: Optional;
  readonly dyn: unknown;
};

export type Kind = keyof Kinds;

/** One function for one list of kinds. The name of a method begins with a point and its first kind is the receiver's. */
export type Rule = {
  readonly name: string;
  readonly kinds: readonly Kind[];
  readonly result: string;
  readonly apply: (...args: readonly unknown[]) => unknown;
};

export function rule<const Asked extends readonly Kind[]>(
  name: string,
  kinds: Asked,
  result: string,
  apply: (...args: { [At in keyof Asked]: Kinds[Asked[At]] }) => unknown,
): Rule {
  // Why a cast: a rule is applied only to arguments of its kinds.
  return { name, kinds, result, apply: apply as unknown as Rule["apply"] };
}
