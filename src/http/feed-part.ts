/** A partition of a cluster as a reader of its change streams knows it: where the reader is in each of them, and whether it can be read. */
import { slotOf } from "../cluster/slots.ts";
import { tagsOf } from "../cluster/tags.ts";
import type { ClusterView } from "../cluster/view.ts";
import { AnswerError } from "./answer.ts";
import { placesOf } from "./change-feed.ts";
import { BEGINNING, placesIn, segmentOf } from "./feed-place.ts";
import { streamOf } from "./followed-definitions.ts";
import { Problem } from "./problem.ts";

export interface PartPlace {
  readonly partition: number;
  readonly firstSlot: number;
  readonly lastSlot: number;
  readonly tag: string;
}

export class FeedPart {
  readonly place: PartPlace;
  /** There may be something to read. */
  isDue = true;
  /** A read is under way, or its entries have not been taken: there is one at a time, wherever the partition goes meanwhile. */
  isReading = false;
  /** Whether its streams have been looked at since it was last away: what was to follow may have been trimmed. */
  isKnown = false;
  wasRead = false;
  /** Since when it cannot be read. */
  awaySinceMs: number | undefined;
  /** It was away once, so that a request to it may have been run without an answer. */
  wasAway = false;
  /** It is not read before. */
  restsUntilMs = 0;
  /** By the name of the definition; one that is not in it is not known yet. */
  readonly #positions = new Map<string, string>();
  /** Of a group, by stream: behind which entry what was given before is asked for; in none, what is new is. */
  readonly again = new Map<string, string>();
  /** The names of definitions by their streams. */
  readonly #names = new Map<string, string>();
  #segment: string | undefined;

  constructor(place: PartPlace) {
    this.place = place;
  }

  /** Follows the stream of a definition too. Where it is known where others are, all of it follows: it came later. */
  add(name: string): void {
    const isLater = this.#positions.size > 0;
    this.#names.set(streamOf(name, this.place.tag), name);
    if (isLater) this.move(name, this.#positions.get(name) ?? BEGINNING);
  }

  get streams(): readonly string[] {
    return [...this.#names.keys()];
  }

  nameOf(stream: string): string {
    return this.#names.get(stream) ?? "";
  }

  positionOf(stream: string): string | undefined {
    return this.#positions.get(this.nameOf(stream));
  }

  move(name: string, id: string): void {
    this.#positions.set(name, id);
    this.#segment = undefined;
  }

  /** Its part of the place; undefined while it is not known where it is. */
  segment(names: readonly string[]): string | undefined {
    if (this.#positions.size === 0) return undefined;
    this.#segment ??= segmentOf(
      this.place.tag,
      names.map((name) => this.#positions.get(name)),
    );
    return this.#segment;
  }

  /** It cannot be read at the moment. */
  fail(nowMs: number, againMs: number): void {
    this.awaySinceMs ??= nowMs;
    this.wasAway = true;
    this.isKnown = false;
    this.isReading = false;
    this.isDue = true;
    this.restsUntilMs = againMs;
  }
}

/** The partitions of a cluster, or that of one key. @throws Problem where the server knows of none yet */
export function partsOf({ partitions }: ClusterView, key: string | undefined): readonly FeedPart[] {
  const tags = tagsOf(partitions);
  const all = partitions.map(({ partition, firstSlot, lastSlot }, index) => ({
    ...{ partition, firstSlot, lastSlot },
    tag: tags[index] ?? "",
  }));
  const slot = key === undefined ? undefined : slotOf(Buffer.from(key, "utf8"));
  const wanted = all.filter(
    ({ firstSlot, lastSlot }) => slot === undefined || (firstSlot <= slot && slot <= lastSlot),
  );
  if (wanted.length === 0) throw new Problem(new AnswerError("CLUSTERDOWN no server serves the slots"));
  return wanted.map((place) => new FeedPart(place));
}

/**
 * Takes the parts to where a client has been, by the id of an event. Of a part that is not in it the client is sent what comes from now on.
 * @throws Problem when it is none
 */
export function placeAt(parts: readonly FeedPart[], after: string): void {
  const places = placesIn(after);
  const streams = parts.flatMap((part) => part.streams);
  const byStream = places === undefined ? placesOf(after, streams, false) : new Map<string, string>();
  for (const part of parts) {
    const byName = places?.get(part.place.tag);
    const given = part.streams.map((stream) => byStream.get(stream) ?? byName?.get(part.nameOf(stream)));
    if (given.every((id) => id === undefined)) continue;
    for (const [index, stream] of part.streams.entries())
      part.move(part.nameOf(stream), given[index] ?? BEGINNING);
  }
}
