/**
 * What evaluations may cost. Macros inside one another multiply, `cel.bind` doubles what it binds, texts and lists
 * grow by addition: no count of nodes bounds that. So all that is built, read through or repeated is charged.
 *
 * One unit is about ten nanoseconds: a node of the tree, a value in a list, some characters of a text.
 */

/**
 * What the running evaluation has left. One at a time: evaluation is synchronous and does not nest. Always a whole
 * number, because writing one with decimals allocates.
 */
let left = 0;

/** Ends an evaluation at once, whatever stands around it: `||`, `&&` and the quantifiers go on after other failures. */
export class EvaluationAborted extends Error {}

/** An evaluation begins that may cost `max`. */
export function startMeter(max: number): void {
  left = max;
}

/** What the evaluation has left, below zero when it was stopped. */
export function meterLeft(): number {
  return left;
}

/** Takes a whole number from the budget. @throws EvaluationAborted when it is spent. */
export function charge(amount: number): void {
  left -= amount;
  if (left < 0) throw new EvaluationAborted("the budget of the evaluation is spent");
}

// Costs of what is not counted by size.
export const STEP_COST = 5;
export const FAILURE_COST = 20;
/** A text that is taken apart with regular expressions: a date, a number to be rounded. */
export const PARSE_COST = 5;
/** A part of a date in a time zone. */
export const ZONE_COST = 500;
/** Eight characters cost one unit when they are copied, searched or compared. */
const CHARACTERS_SHIFT = 3;

/** Charges for going through a text. */
export function chargeText(text: string): void {
  charge(1 + (text.length >> CHARACTERS_SHIFT));
}

/** Charges for going through the entries of a map, which costs more than a list of the same size. */
export function chargeEntries(count: number): void {
  charge(1 + count * READ_ENTRY_COST);
}

/** Charges for a map that is built. */
export function chargeMap(count: number): void {
  charge(1 + count * BUILT_ENTRY_COST);
}

const READ_ENTRY_COST = 4;
const BUILT_ENTRY_COST = 16;

/** Charges for a value that was read or built, not deep: what is deeper was charged when it was built. */
export function chargeValue(value: unknown): void {
  if (typeof value === "string") chargeText(value);
  else if (Array.isArray(value)) charge(1 + value.length);
  else charge(1);
}
