/** The context of a machine, with what the change that is shown has changed of it marked. */
import { isJsonObject, type Json } from "../base/json.ts";
import { keysOfPath } from "../engine/paths.ts";
import type { HistoryEntry } from "./told.ts";

interface Row {
  readonly text: string;
  readonly isChanged: boolean;
}

const INDENT = "  ";

export function Context({
  value,
  entry,
}: {
  readonly value: Json;
  readonly entry: HistoryEntry | undefined;
}) {
  const gone = entry?.gone ?? [];
  const rows = rowsOf({ value, keys: [], isChanged: false }, changedBy(entry));
  const isMarked = rows.some(({ isChanged }) => isChanged) || gone.length > 0;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by the keyboard too */}
      <pre class="json" tabIndex={0}>
        {rows.map(({ text, isChanged }, at) =>
          // biome-ignore lint/suspicious/noArrayIndexKey: a line has its place
          isChanged ? <mark key={at}>{`${text}\n`}</mark> : `${text}\n`,
        )}
      </pre>
      {isMarked && (
        <p class="hint">
          Marked: what rev {entry?.rev} has changed{gone.length > 0 && `; it has removed ${gone.join(", ")}`}.
        </p>
      )}
    </>
  );
}

/** The paths that a change has written. */
type Changed = ReadonlySet<string>;

/** Kinds of entries that hold the context whole, not what has changed of it. */
const WHOLE: ReadonlySet<string> = new Set(["create", "set", "reset"]);

function changedBy(entry: HistoryEntry | undefined): Changed {
  const context = entry?.context as Json | undefined;
  if (entry === undefined || context === undefined || !isJsonObject(context) || WHOLE.has(entry.kind))
    return new Set();
  return new Set(Object.keys(context).map((path) => placeOf(keysOfPath(path))));
}

function placeOf(keys: readonly string[]): string {
  return JSON.stringify(keys);
}

interface Placed {
  readonly value: Json;
  readonly keys: readonly string[];
  readonly isChanged: boolean;
}

/** The lines of JSON.stringify, each with whether it was changed. */
function rowsOf(
  { value, keys, isChanged }: Placed,
  changed: Changed,
  name = "",
  behind = "",
): readonly Row[] {
  const indent = INDENT.repeat(keys.length);
  const isList = Array.isArray(value);
  if (!(isList || isJsonObject(value)) || Object.keys(value).length === 0)
    return [{ text: `${indent}${name}${JSON.stringify(value)}${behind}`, isChanged }];
  const members: ReadonlyArray<readonly [string, Json]> = isList
    ? value.map((one, at) => [String(at), one])
    : Object.entries(value);
  return [
    { text: `${indent}${name}${isList ? "[" : "{"}`, isChanged },
    ...members.flatMap(([key, one], at) => {
      const inner = [...keys, key];
      const placed = { value: one, keys: inner, isChanged: isChanged || changed.has(placeOf(inner)) };
      return rowsOf(
        placed,
        changed,
        isList ? "" : `${JSON.stringify(key)}: `,
        at + 1 < members.length ? "," : "",
      );
    }),
    { text: `${indent}${isList ? "]" : "}"}${behind}`, isChanged },
  ];
}
