/** Values in messages. */
import { entriesOf, isMapValue, Optional, Special } from "./expressions-values.ts";

/** Characters of a value in a message. */
const SHOWN_MAX = 60;

/** A value for a message: short, on one line, never all of a large one. */
export function show(value: unknown): string {
  const text = write(value, 0);
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}

function write(value: unknown, depth: number): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, SHOWN_MAX + 1));
  if (Array.isArray(value)) {
    if (depth > 2) return "[…]";
    return `[${value
      .slice(0, 20)
      .map((item) => write(item, depth + 1))
      .join(",")}${value.length > 20 ? ",…" : ""}]`;
  }
  if (value instanceof Optional) {
    return value.value === undefined ? "no value" : `optional ${write(value.value, depth)}`;
  }
  if (value instanceof Special) return value.shown;
  if (!isMapValue(value)) return String(value);
  if (depth > 2) return "{…}";
  const entries = entriesOf(value);
  const shown = entries.slice(0, 20).map(([key, item]) => `${write(key, depth)}:${write(item, depth + 1)}`);
  return `{${shown.join(",")}${entries.length > 20 ? ",…" : ""}}`;
}
