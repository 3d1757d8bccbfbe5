/** Entries of a stream, the newest first. */
import { command } from "./api.ts";

export interface StreamEntry {
  readonly id: string;
  readonly fields: ReadonlyMap<string, string>;
}

export async function entriesOf(stream: string, countMax: number): Promise<readonly StreamEntry[]> {
  const entries = await command<ReadonlyArray<readonly [string, readonly string[]]>>(
    ...["XREVRANGE", stream, "+", "-", "COUNT", String(countMax)],
  );
  return entries.map(([id, list]) => {
    const fields = new Map<string, string>();
    for (let at = 0; at + 1 < list.length; at += 2) fields.set(list[at] ?? "", list[at + 1] ?? "");
    return { id, fields };
  });
}
