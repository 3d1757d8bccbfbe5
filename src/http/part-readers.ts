/** How the streams of a partition are read: all that follows a place, or what a consumer group is given. */
import { acknowledge, compareIds, hasGap, type Run, stateOf } from "./change-feed.ts";
import { isAway } from "./elsewhere.ts";
import type { FeedPart } from "./feed-part.ts";
import { BEGINNING } from "./feed-place.ts";

type Request = readonly string[];

export interface PartReader {
  /** Looks at the streams of partitions before they are read, and says from which of them entries may be missing. Those that could be looked at are known then. @throws Problem */
  prepare(parts: readonly FeedPart[], run: Run): Promise<readonly string[]>;
  /** Asks for so many entries of each stream. */
  request(part: FeedPart, count: number): Request;
  /** Told for which streams a read had entries; true where the partition is to be read again for others. */
  took(part: FeedPart, last: ReadonlyMap<string, string>): boolean;
  /** From time to time: what was given in an answer that got lost is asked for again. */
  look(part: FeedPart): void;
}

export const plainReader: PartReader = {
  prepare: async (parts, run) => {
    const asked = parts.flatMap((part) => part.streams.map((stream) => ({ part, stream })));
    const answers = await run(asked.map(({ stream }) => ["XINFO", "STREAM", stream]));
    if (answers === undefined) return [];
    const gaps: string[] = [];
    const states = asked.map(({ part, stream }, index) => ({ part, stream, answer: answers[index] }));
    for (const part of parts) {
      const found = states.filter((one) => one.part === part);
      if (found.some(({ answer }) => answer === undefined || isAway(answer))) continue;
      part.isKnown = true;
      for (const { stream, answer } of found) {
        const state = stateOf(answer);
        const from = part.positionOf(stream);
        const isBeyond = from !== undefined && compareIds(from, state.lastId) > 0;
        if (from === undefined || isBeyond) part.move(part.nameOf(stream), state.lastId);
        if (isBeyond || (from !== undefined && hasGap(from, state))) gaps.push(stream);
      }
    }
    return gaps;
  },
  request: (part, count) => [
    ...["XREAD", "COUNT", String(count), "STREAMS", ...part.streams],
    ...part.streams.map((stream) => part.positionOf(stream) ?? BEGINNING),
  ],
  took: () => false,
  look: () => undefined,
};

/** What the consumer has been given and this connection has not sent comes again, then what is new. */
export function groupReader(group: { readonly name: string; readonly consumer: string }): PartReader {
  const acknowledged = new Set<FeedPart>();
  const again = (part: FeedPart): void => {
    for (const stream of part.streams) part.again.set(stream, part.positionOf(stream) ?? BEGINNING);
  };
  return {
    prepare: async (parts, run) => {
      for (const part of parts) {
        for (const stream of part.streams) {
          const from = part.positionOf(stream) ?? BEGINNING;
          // Behind what the client came with, it has acknowledged nothing.
          const upTo = acknowledged.has(part) ? BEGINNING : from;
          const isDone = upTo === BEGINNING || (await acknowledge(run, { stream, ...group }, upTo));
          if (!isDone) return [];
          part.move(part.nameOf(stream), from);
        }
        acknowledged.add(part);
        again(part);
        part.isKnown = true;
      }
      return [];
    },
    request: (part, count) => [
      ...[
        "XREADGROUP",
        "GROUP",
        group.name,
        group.consumer,
        "COUNT",
        String(count),
        "STREAMS",
        ...part.streams,
      ],
      ...part.streams.map((stream) => part.again.get(stream) ?? ">"),
    ],
    took: (part, last) => {
      const before = part.again.size;
      for (const stream of [...part.again.keys()]) {
        const id = last.get(stream);
        if (id === undefined) part.again.delete(stream);
        else part.again.set(stream, id);
      }
      return part.again.size < before;
    },
    look: (part) => {
      if (part.wasAway && part.isKnown && !part.isReading) again(part);
    },
  };
}
