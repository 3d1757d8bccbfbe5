/** The context of a machine, with what the change that is shown has changed of it marked. */
import { isJsonObject, type Json } from "../base/json.ts";
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
  const rows = rowsOf(value, changesOf(entry), "", "");
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

/** What a change has written, as far down as it went; true: all of it. */
type Changes = true | undefined | { readonly [name: string]: Json };

function changesOf(entry: HistoryEntry | undefined): Changes {
  const context = entry?.context as Json | undefined;
  // What a machine begins with is no change of it.
  return entry?.kind === "create" || context === undefined || !isJsonObject(context) ? undefined : context;
}

/** The lines of JSON.stringify, each with whether it was changed. */
function rowsOf(value: Json, changes: Changes, before: string, behind: string): readonly Row[] {
  const indent = /^ */.exec(before)?.[0] ?? "";
  const isChanged = changes === true;
  const isList = Array.isArray(value);
  if (!(isList || isJsonObject(value)) || Object.keys(value).length === 0)
    return [{ text: `${before}${JSON.stringify(value)}${behind}`, isChanged }];
  const members: ReadonlyArray<readonly [name: string, value: Json, changes: Changes]> = isList
    ? value.map((one) => ["", one, changes === true ? true : undefined] as const)
    : Object.entries(value).map(([name, one]) => [
        `${JSON.stringify(name)}: `,
        one,
        within(changes, name, one),
      ]);
  return [
    { text: `${before}${isList ? "[" : "{"}`, isChanged },
    ...members.flatMap(([name, one, changed], at) =>
      rowsOf(one, changed, `${indent}${INDENT}${name}`, at + 1 < members.length ? "," : ""),
    ),
    { text: `${indent}${isList ? "]" : "}"}${behind}`, isChanged },
  ];
}

function within(changes: Changes, name: string, value: Json): Changes {
  if (changes === true || changes === undefined) return changes;
  if (!Object.hasOwn(changes, name)) return undefined;
  const change = changes[name];
  return change !== undefined && isJsonObject(change) && isJsonObject(value) ? change : true;
}
