/** The format of a store: it says how its keys and records are to be read. */
import { OpenError, type OrderedReader } from "../storage/ordered-store.ts";
import { metaKey } from "./layouts.ts";
import { decodeNumber } from "./records.ts";

/** The format of keys and records. A change of either raises it and brings a step of server/migrations.ts. */
export const STORE_FORMAT = 4;

/** Undefined for a store that holds nothing yet. */
export function formatOf(reader: OrderedReader): number | undefined {
  const format = reader.get(metaKey("format"));
  return format === undefined ? undefined : decodeNumber(format);
}

/** @throws OpenError when the format is newer than ours */
export function assertFormat(reader: OrderedReader): void {
  const format = formatOf(reader);
  if (format === undefined || format <= STORE_FORMAT) return;
  throw new OpenError(
    `the store has format ${format}, this version reads up to ${STORE_FORMAT}: use a newer Detent`,
  );
}
