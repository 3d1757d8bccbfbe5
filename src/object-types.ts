/** The types of objects that a key can hold, put together for the key space, which does not know them. */
import { type ObjectType, ObjectTypes } from "./keyspace/objects.ts";
import { REDO_MACHINE } from "./keyspace/redo.ts";
import { checkMachines } from "./machines/check.ts";
import { redoMachine } from "./machines/live-machine.ts";
import { MACHINE_STORAGE } from "./machines/object-storage.ts";
import { checkStreams } from "./streams/check.ts";
import { STREAM_STORAGE } from "./streams/streams.ts";
import { checkValues } from "./values/check.ts";
import type { ValueType } from "./values/held.ts";
import { VALUE_STORAGE } from "./values/storage.ts";

export const OBJECT_TYPES = new ObjectTypes({
  machine: { storage: MACHINE_STORAGE, redo: [REDO_MACHINE, redoMachine], check: checkMachines },
  stream: { storage: STREAM_STORAGE, check: checkStreams },
  hash: valueType("hash"),
  set: valueType("set"),
  list: valueType("list"),
  sortedSet: valueType("sortedSet"),
});

function valueType(type: ValueType): ObjectType {
  return { storage: VALUE_STORAGE, check: (reader) => checkValues(reader, type) };
}
