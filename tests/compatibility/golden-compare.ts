/**
 * Compares what was received with what the module sent: byte for byte, but for the tolerances that the README of the
 * cases grants.
 */
import { type Decoded, decodeReply, Push, ReplyFailure } from "../support/resp-decoder.ts";
import type { GoldenCase } from "./golden-cases.ts";

/** Groups about the registration of commands, where Detent says more: all that the module says must be there. */
const SUPERSET_GROUPS = new Set(["command", "info"]);

/** How a reply differs from the expected one; undefined when it agrees. */
export function difference(golden: GoldenCase, expected: string, received: string): string | undefined {
  const [want, got] = [expected, received].map(withoutJsonErrorTexts);
  if (want === got) return undefined;
  const shown = `expected ${JSON.stringify(want)}\nreceived ${JSON.stringify(got)}`;
  const [wanted, gotten] = [want, got].map((reply) => decoded(golden, reply ?? ""));
  if (wanted === undefined || gotten === undefined) return shown;
  if (golden.volatile === true) return sameShape(wanted, gotten) ? undefined : shown;
  if (golden.unordered === true && sorted(wanted) === sorted(gotten)) return undefined;
  if (SUPERSET_GROUPS.has(golden.group) && wanted.length === gotten.length) {
    if (wanted.every((value, i) => holds(gotten[i] ?? null, value))) return undefined;
  }
  return shown;
}

/** What is wrong with a JSON text is said in our own words; that it is wrong is said by the prefix -ERR. */
function withoutJsonErrorTexts(reply: string): string {
  return reply
    .replace(/-ERR [^\r]* at line \d+ column \d+\r\n/g, "-ERR invalid JSON\r\n")
    .replace(/-ERR invalid machine at [^\r]*\r\n/g, "-ERR invalid JSON\r\n");
}

function decoded(golden: GoldenCase, reply: string): Decoded[] {
  const bytes = Buffer.from(reply, "latin1");
  const values: Decoded[] = [];
  for (let at = 0; at < bytes.length; ) {
    const parsed = decodeReply(bytes, at);
    if (parsed === undefined) break;
    values.push(golden.id.startsWith("command/INFO") ? namesAndFlags(parsed.value) : parsed.value);
    at = parsed.end;
  }
  return values;
}

/** Of the entries of COMMAND INFO their names and flags: where its keys are the module does not say of a command. */
function namesAndFlags(entries: Decoded): Decoded {
  if (!Array.isArray(entries)) return entries;
  return entries.map((entry: Decoded) => (Array.isArray(entry) ? [entry[0], entry[2]] : entry));
}

/** The same types in the same places; texts and numbers may differ. */
function sameShape(a: Decoded, b: Decoded): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => sameShape(item, b[i] ?? null));
  }
  return typeof a === typeof b && a instanceof ReplyFailure === b instanceof ReplyFailure;
}

/** A text that is the same for values that differ in the order of items and of keys of JSON objects only. */
function sorted(value: Decoded): string {
  if (typeof value === "string") return canonicalJson(value);
  const items = itemsOf(value);
  return items === undefined ? JSON.stringify(value) : `[${items.map(sorted).sort().join(",")}]`;
}

function canonicalJson(text: string): string {
  if (!text.startsWith("{")) return JSON.stringify(text);
  return JSON.stringify(JSON.parse(text), (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

function itemsOf(value: Decoded): readonly Decoded[] | undefined {
  if (Array.isArray(value)) return value;
  if (value instanceof Set) return [...value];
  if (value instanceof Push) return value.items;
  return value instanceof Map ? [...value].flat() : undefined;
}

/** Whether all of `part` is in `whole`: lines of texts, items of lists, wherever they stand. */
function holds(whole: Decoded, part: Decoded): boolean {
  const parts = itemsOf(part);
  const wholes = itemsOf(whole);
  if (parts !== undefined && wholes !== undefined) {
    return parts.every((item) => wholes.some((other) => holds(other, item)));
  }
  if (typeof part === "string" && typeof whole === "string") {
    const lines = new Set(whole.split("\r\n"));
    return part.split("\r\n").every((line) => lines.has(line));
  }
  // COMMAND COUNT.
  if (typeof part === "number" && typeof whole === "number") return true;
  if (part === null) return whole === null;
  return part instanceof ReplyFailure && whole instanceof ReplyFailure && part.message === whole.message;
}
