/**
 * What the text of a refusal says, as values. The text is for people and bounded: twenty guards, a hundred characters of a
 * value. `why` of the client has all of it.
 */

/** A guard that was false, or an invariant that would be broken. */
export interface FalseGuard {
  /** The expression. */
  readonly guard: string;
  /** What the definition says of it: `otherwise` of a transition, the name of an invariant. */
  readonly otherwise: string | null;
  /** Why it could not be evaluated. */
  readonly error: string | null;
  /** What it read, by path: undefined for what is missing, and the beginning of a long value as a string ending in `…`. */
  readonly values: { readonly [path: string]: unknown };
}

/** The events that a text says are accepted; empty where it says nothing of them. */
export function acceptedIn(message: string): readonly string[] {
  const [, list = ""] = /^ILLEGAL .*; accepted: (.*)$/s.exec(message) ?? [];
  if (list === "" || list === "none") return [];
  return list.replace(/, … \(\d+\)$/, "").split(", ");
}

/** The guards that a text names with the values they read; empty where there are none. */
export function guardsIn(message: string): readonly FalseGuard[] {
  const [head, , invariant = ""] = /^(GUARD event '.*?' in '.*?': |INVARIANT )(.*)/s.exec(message) ?? [];
  if (head === undefined) return [];
  return message.startsWith("INVARIANT ") ? [invariantIn(invariant)] : reasonsIn(invariant);
}

function reasonsIn(text: string): FalseGuard[] {
  const found: FalseGuard[] = [];
  let at = 0;
  while (at < text.length) {
    const { guard, end } = reasonAt(text, at);
    found.push(guard);
    at = text.startsWith("; ", end) ? end + 2 : text.length;
  }
  return found;
}

const IS_FALSE = " is false";
const UNKNOWN = ", it cannot be evaluated: ";
const NEVER = "the guard is the word false, which never holds";

/** `[otherwise: ]guard is false[, it cannot be evaluated: error][ (values)]`. */
function reasonAt(text: string, start: number): { readonly guard: FalseGuard; readonly end: number } {
  const never = text.indexOf(NEVER, start);
  const said = outsideStrings(text, start, IS_FALSE);
  if (never !== -1 && (said === -1 || never < said)) {
    const { otherwise } = parted(`${text.slice(start, never)}false`);
    return { guard: { guard: "false", otherwise, error: null, values: {} }, end: never + NEVER.length };
  }
  if (said === -1) {
    return { guard: { ...parted(text.slice(start)), error: null, values: {} }, end: text.length };
  }
  let end = said + IS_FALSE.length;
  let error: string | null = null;
  if (text.startsWith(UNKNOWN, end)) {
    const from = end + UNKNOWN.length;
    const rest = /^(.*?)(?= \(\S+ (?:= |is missing)|; |$)/s.exec(text.slice(from)) ?? [];
    error = rest[0] ?? "";
    end = from + error.length;
  }
  const values = valuesAt(text, end);
  return { guard: { ...parted(text.slice(start, said)), error, values: values.values }, end: values.end };
}

/** `name: expression[ (failure, values)]`. */
function invariantIn(text: string): FalseGuard {
  const open = text.lastIndexOf(" (");
  const at = /^ \([^ ]+ (?:= |is missing)/.test(text.slice(open)) ? open : text.length;
  return { ...parted(text.slice(0, at)), error: null, values: valuesAt(text, at).values };
}

/** An expression, and what comes before it, up to the first colon with a space that is in no brackets and no string. */
function parted(text: string): { readonly guard: string; readonly otherwise: string | null } {
  const colon = outsideStrings(text, 0, ": ");
  const depth = [...text.slice(0, Math.max(colon, 0))].filter((char) => "([{?".includes(char)).length;
  if (colon === -1 || depth > 0) return { guard: text, otherwise: null };
  return { guard: text.slice(colon + 2), otherwise: text.slice(0, colon) };
}

/** The first place of a word outside of the strings of an expression; -1 where there is none. */
function outsideStrings(text: string, start: number, word: string): number {
  let quote = "";
  for (let at = start; at < text.length; at += 1) {
    const char = text[at] ?? "";
    if (quote === "" && text.startsWith(word, at)) return at;
    if (quote !== "" && char === "\\") at += 1;
    else if (quote === "" && (char === "'" || char === '"')) quote = char;
    else if (char === quote) quote = "";
  }
  return -1;
}

/** ` (path = json, path is missing)`. */
function valuesAt(text: string, start: number): { values: Record<string, unknown>; end: number } {
  const values: Record<string, unknown> = {};
  if (!text.startsWith(" (", start)) return { values, end: start };
  let at = start + 2;
  while (at < text.length) {
    const [whole, path = "", how] = /^(.+?) (= |is missing)/s.exec(text.slice(at)) ?? [];
    if (whole === undefined) break;
    at += whole.length;
    if (how === "= ") {
      const end = valueEnd(text, at);
      values[path] = shownValue(text.slice(at, end));
      at = end;
    } else values[path] = undefined;
    if (!text.startsWith(", ", at)) break;
    at += 2;
  }
  return { values, end: text[at] === ")" ? at + 1 : at };
}

/** Characters of a value that a text shows. */
const SHOWN_VALUE_MAX = 100;

/** Where a JSON value ends, or its beginning does where the text shows only that much of it. */
function valueEnd(text: string, start: number): number {
  if (text[start + SHOWN_VALUE_MAX] === "…") return start + SHOWN_VALUE_MAX + 1;
  let depth = 0;
  let isString = false;
  for (let at = start; at < text.length; at += 1) {
    const char = text[at] ?? "";
    if (isString && char === "\\") at += 1;
    else if (char === '"') isString = !isString;
    else if (isString) continue;
    else if (char === "[" || char === "{") depth += 1;
    else if (depth > 0 && (char === "]" || char === "}")) depth -= 1;
    else if (depth === 0 && (char === ")" || text.startsWith(", ", at))) return at;
  }
  return text.length;
}

function shownValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
