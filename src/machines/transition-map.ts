/**
 * The maps of map machines. Thousands of machines have the same map, and SM.MUTATE writes the record anew with
 * each move, so a map is parsed once for all machines that share its bytes and encoded once for all its records.
 * Parsing a map of 200 states costs 50 µs, finding it here under 1.
 */

/** The states of a map machine with the targets of each, in the order in which they were given. */
export type TransitionMap = ReadonlyArray<readonly [state: string, targets: readonly string[]]>;

/** Length of all texts of a generation; two generations are kept. */
const GENERATION_LENGTH_MAX = 4 << 20;

/** A longer map is parsed anew each time: a few of them would push out all others. */
const CACHED_LENGTH_MAX = GENERATION_LENGTH_MAX / 16;

/** Maps by their stored bytes (as latin1). What is found in the old generation moves into the young one. */
let young = new Map<string, TransitionMap>();
let old = new Map<string, TransitionMap>();
let youngLength = 0;

/** The stored form of each map that is in use. */
const texts = new WeakMap<TransitionMap, string>();

/** The stored form: JSON without line breaks, a list of pairs, which keeps the order of any keys. */
export function encodeMap(map: TransitionMap): string {
  let text = texts.get(map);
  if (text === undefined) {
    text = JSON.stringify(map);
    texts.set(map, text);
  }
  return text;
}

/** The map that encodeMap wrote; the same object for the same bytes, as a rule. */
export function decodeMap(bytes: Buffer): TransitionMap {
  if (bytes.length > CACHED_LENGTH_MAX) return parse(bytes);
  const name = bytes.toString("latin1");
  const known = young.get(name);
  if (known !== undefined) return known;
  const map = old.get(name) ?? parse(bytes);
  young.set(name, map);
  youngLength += name.length;
  if (youngLength > GENERATION_LENGTH_MAX) {
    old = young;
    young = new Map();
    youngLength = 0;
  }
  return map;
}

function parse(bytes: Buffer): TransitionMap {
  // Written by encodeMap; the store checks its bytes.
  return JSON.parse(bytes.toString("utf8")) as TransitionMap;
}
