/** A store on disk that is only read, while a server may be using it. */
import { inspect } from "../storage/inspect.ts";
import { DecodedRecords } from "./decoded-records.ts";
import { LiveObjects } from "./live-objects.ts";
import type { ObjectTypes } from "./objects.ts";
import { assertFormat, formatOf, STORE_FORMAT } from "./store-format.ts";
import { Transaction } from "./transaction.ts";

/** A store as it was at one moment. */
export interface ReadStore {
  readonly format: number;
  /** The last commit, and when it was made; undefined: not known. */
  readonly position: number;
  readonly atMs: number | undefined;
  /** A transaction that reads it; it cannot be committed. */
  begin(): Transaction;
  close(): Promise<void>;
}

/**
 * The store of a directory as it is at this moment.
 * @throws OpenError with a message for the operator
 */
export function readStore(directory: string, objects: ObjectTypes): ReadStore {
  const live = new LiveObjects(objects.redo);
  const decoded = new DecodedRecords();
  const { reader, position, atMs, close } = inspect(directory, { verify: assertFormat, derived: live });
  live.attach(reader);
  return {
    format: formatOf(reader) ?? STORE_FORMAT,
    position,
    atMs,
    begin: () => new Transaction(reader, objects, live, decoded),
    close,
  };
}
