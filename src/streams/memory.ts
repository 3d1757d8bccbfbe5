/** About how many bytes a stream takes in the store. */
import { consumersOf } from "./consumers.ts";
import { groupsOf } from "./groups.ts";
import { hasChunks } from "./header.ts";
import { slotValue } from "./stored-chunks.ts";
import { type Stream, storedChunks, storedOf } from "./streams.ts";

/** What a key of a part takes beside its value: the key itself and its place in the tree. */
const PART_BYTES = 60;
/** A pending entry in a page. */
const PENDING_BYTES = 12;

/**
 * Bytes of entries, groups and what is pending. Looks at `samples` chunks of entries, 0: at all, and takes the others for
 * as large as those are.
 */
export function streamBytes(stream: Stream, samples: number): number {
  return chunkBytes(stream, samples) + slotBytes(stream) + groupBytes(stream);
}

function chunkBytes(stream: Stream, samples: number): number {
  const { header } = stream;
  if (!hasChunks(header)) return 0;
  let bytes = 0;
  let entries = 0;
  let seen = 0;
  for (const chunk of storedChunks(stream)) {
    if (chunk.slot !== undefined || (samples > 0 && seen === samples)) break;
    seen += 1;
    bytes += PART_BYTES + chunk.value.length + (chunk.holes?.length ?? 0);
    entries += chunk.countFrom(header.firstId);
  }
  const inChunks = header.length - header.slotEntries;
  return Math.round((bytes / Math.max(1, entries)) * inChunks);
}

function slotBytes(stream: Stream): number {
  const { slotStart, slotCount } = stream.header;
  let bytes = 0;
  for (let slot = slotStart; slot < slotStart + slotCount; slot += 1) {
    bytes += PART_BYTES + slotValue(storedOf(stream), slot).length;
  }
  return bytes;
}

function groupBytes(stream: Stream): number {
  let bytes = 0;
  for (const group of groupsOf(stream)) {
    bytes += PART_BYTES + group.name.length + PENDING_BYTES * group.pendingCount;
    for (const consumer of consumersOf(stream, group)) bytes += 2 * (PART_BYTES + consumer.name.length);
  }
  return bytes;
}
