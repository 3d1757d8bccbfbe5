/** The types of objects that a key can hold, put together for the key space, which does not know them. */
import { HASH_FORM, LIST_FORM, SET_FORM, SORTED_SET_FORM } from "./export/collection-form.ts";
import { MACHINE_FORM } from "./export/machine-form.ts";
import { STREAM_FORM } from "./export/stream-form.ts";
import type { ObjectForm } from "./keyspace/object-form.ts";
import { type ObjectType, ObjectTypes } from "./keyspace/objects.ts";
import { REDO_MACHINE } from "./keyspace/redo.ts";
import { checkMachines } from "./machines/check.ts";
import { MACHINE_REDO } from "./machines/live-machine.ts";
import { checkLetters } from "./machines/mail/check.ts";
import { MACHINE_STORAGE } from "./machines/object-storage.ts";
import { checkStream } from "./streams/check.ts";
import { STREAM_STORAGE } from "./streams/streams.ts";
import { checkValue } from "./values/check.ts";
import type { ValueType } from "./values/held.ts";
import { VALUE_STORAGE } from "./values/storage.ts";

export const OBJECT_TYPES = new ObjectTypes({
  machine: {
    storage: MACHINE_STORAGE,
    form: MACHINE_FORM,
    redo: [REDO_MACHINE, MACHINE_REDO],
    check: (reader) => [...checkMachines(reader), ...checkLetters(reader)],
  },
  stream: { storage: STREAM_STORAGE, form: STREAM_FORM, checkObject: checkStream },
  hash: valueType("hash", HASH_FORM),
  set: valueType("set", SET_FORM),
  list: valueType("list", LIST_FORM),
  sortedSet: valueType("sortedSet", SORTED_SET_FORM),
});

function valueType(type: ValueType, form: ObjectForm): ObjectType {
  return { storage: VALUE_STORAGE, form, checkObject: (reader, record) => checkValue(reader, record, type) };
}
