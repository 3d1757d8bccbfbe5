/**
 * What the table of writes holds as bytes: values of which there are many, each small and soon decoded. What is dear to decode
 * is known by the identity of its bytes (decoded-records.ts, values/tree-nodes.ts), and stays the buffer it is.
 */
import { elementsPrefix } from "./layouts.ts";
import { isDearToDecode } from "./records.ts";

/** Records of keys, the order of SCAN, and the parts of large values. */
export const PACKED_SPACES = "kou";

/** The prefix of any large value's fields or members, which have the same letter at the same place. */
const ELEMENTS = elementsPrefix(0);

export function isPacked(key: string, value: Buffer): boolean {
  const space = key.charAt(0);
  if (space === "k") return !isDearToDecode(value);
  return space === "o" || key.charAt(ELEMENTS.length - 1) === ELEMENTS.slice(-1);
}
