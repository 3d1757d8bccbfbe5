/** The fields of stream entries that the server writes by itself: names and values, most of them text. */
import type { Json } from "../base/json.ts";
import type { Fields } from "./chunk.ts";

/** The fields of an entry in this order; those without a value are left out. The names are the server's own. */
export function fieldsOf(
  pairs: ReadonlyArray<readonly [name: string, value: Buffer | string | number | undefined]>,
): Fields {
  const fields: Buffer[] = [];
  for (const [name, value] of pairs) {
    if (value === undefined) continue;
    fields.push(nameOf(name), Buffer.isBuffer(value) ? value : Buffer.from(String(value), "utf8"));
  }
  return fields;
}

const names = new Map<string, Buffer>();

/** Every recorded change of a machine writes the same dozen names: their bytes are made once. */
function nameOf(name: string): Buffer {
  let bytes = names.get(name);
  if (bytes === undefined) {
    bytes = Buffer.from(name, "utf8");
    names.set(name, bytes);
  }
  return bytes;
}

/** The value of the first field of a name; undefined when there is none. */
export function fieldOf(fields: Fields, name: string): Buffer | undefined {
  for (let index = 0; index + 1 < fields.length; index += 2) {
    if (fields[index]?.toString("utf8") === name) return fields[index + 1];
  }
  return undefined;
}

/** As fieldOf, as text. */
export function textField(fields: Fields, name: string): string | undefined {
  return fieldOf(fields, name)?.toString("utf8");
}

/** As fieldOf, as a safe integer of at least 0; undefined when it is none. */
export function countField(fields: Fields, name: string): number | undefined {
  const text = textField(fields, name);
  const value = text === undefined || text === "" ? Number.NaN : Number(text);
  return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** A JSON value as text; absent when there is none. */
export function jsonText(value: Json | undefined): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}
