/** The types of objects that a key can hold, put together for the key space, which does not know them. */
import { ObjectTypes } from "./keyspace/objects.ts";
import { REDO_MACHINE } from "./keyspace/redo.ts";
import { checkMachines } from "./machines/check.ts";
import { redoMachine } from "./machines/live-machine.ts";
import { MACHINE_STORAGE } from "./machines/object-storage.ts";
import { checkStreams } from "./streams/check.ts";
import { STREAM_STORAGE } from "./streams/streams.ts";

export const OBJECT_TYPES = new ObjectTypes({
  machine: { storage: MACHINE_STORAGE, redo: [REDO_MACHINE, redoMachine], check: checkMachines },
  stream: { storage: STREAM_STORAGE, check: checkStreams },
});
