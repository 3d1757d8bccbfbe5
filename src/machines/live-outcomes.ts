/**
 * The outcomes that changes of a live machine have added, replaced and dropped since the last checkpoint. An outcome is
 * its bytes in the slab of the generation and a place in a map; its entry in the order of outcomes follows from it and
 * is made when somebody asks, or at the checkpoint.
 */
import { type Bytes, chars, readU64 } from "../base/bytes.ts";
import { outcomeKey, outcomeOrderKey } from "../keyspace/layouts.ts";
import type { GivenParts, Giving } from "../keyspace/live-kind.ts";
import type { Slab } from "../keyspace/slab.ts";
import type { Write } from "../storage/ordered-store.ts";
import { type DroppedOutcome, type OutcomeChange, placeOfOutcome } from "./outcome-codec.ts";

/** In the place of an outcome that is stored and was dropped. */
const GONE = -1;
/** What an outcome takes beside its bytes: its key and a place in a map. */
const OUTCOME_BYTES = 120;
const ORDER_SPACE = "q";

/** What a change of a machine does to its outcomes, for the machine with an id. */
export class OutcomeGiving implements Giving {
  readonly #id: number;
  readonly #change: OutcomeChange;

  constructor(id: number, change: OutcomeChange) {
    this.#id = id;
    this.#change = change;
  }

  addTo(
    known: GivenParts | undefined,
    slab: Slab,
  ): { readonly parts: GivenParts; readonly undo: () => void } {
    const parts = known instanceof LiveOutcomes ? known : new LiveOutcomes(this.#id, slab);
    return { parts, undo: parts.add(this.#change) };
  }
}

class LiveOutcomes implements GivenParts {
  readonly #id: number;
  readonly #slab: Slab;
  /** By key: the number of the outcome in the slab, or GONE. */
  readonly #byKey = new Map<Bytes, number>();
  /** Keys in the map under which something is stored, so that it has to be removed when the outcome goes. */
  readonly #stored = new Set<Bytes>();
  /** The first outcome that came since the checkpoint: entries of the order before it are stored. */
  #since = Number.POSITIVE_INFINITY;
  /** Numbers before that whose outcomes have been dropped. */
  readonly #gone = new Set<number>();
  /** The ids of the outcomes since then by their number; undefined while nobody has asked. */
  #byNumber: Map<number, string> | undefined;
  bytes = 0;

  constructor(id: number, slab: Slab) {
    this.#id = id;
    this.#slab = slab;
  }

  get(key: Bytes): Buffer | null | undefined {
    if (chars(key).startsWith(ORDER_SPACE)) return this.#orderEntry(readU64(key, 9));
    const place = this.#byKey.get(key);
    return place === undefined ? undefined : this.#valueOf(place);
  }

  *writes(): Generator<Write> {
    for (const [key, place] of this.#byKey) {
      yield [key, this.#valueOf(place)];
      if (place === GONE) continue;
      const { sequence, eventId } = placeOfOutcome(this.#slab.at(place));
      if (sequence >= this.#since) yield [outcomeOrderKey(this.#id, sequence), Buffer.from(eventId, "utf8")];
    }
    for (const sequence of this.#gone) yield [outcomeOrderKey(this.#id, sequence), null];
  }

  /** Takes a change over; returns what takes that back. */
  add({ eventId, sequence, value, isNew, dropped }: OutcomeChange): () => void {
    const key = outcomeKey(this.#id, eventId);
    if (dropped.length === 0 && value !== undefined)
      return this.#keep(key, { eventId, sequence, value, isNew });
    // What goes comes first, since the new one may have the id of one that is past its time.
    const returns = dropped.map((gone) => this.#drop(gone));
    const takeBack = value === undefined ? undefined : this.#keep(key, { eventId, sequence, value, isNew });
    return () => {
      takeBack?.();
      for (const giveBack of returns.reverse()) giveBack();
    };
  }

  #keep(
    key: Bytes,
    {
      eventId,
      sequence,
      value,
      isNew,
    }: Pick<OutcomeChange, "eventId" | "sequence" | "isNew"> & { readonly value: Buffer },
  ): () => void {
    const [before, since] = [this.#byKey.get(key), this.#since];
    if (isNew) this.#since = Math.min(since, sequence);
    const isStored = isNew ? before === GONE : sequence < since;
    const becomesStored = isStored && !this.#stored.has(key);
    if (becomesStored) this.#stored.add(key);
    this.#byKey.set(key, this.#slab.add(value));
    if (isNew) this.#byNumber?.set(sequence, eventId);
    const bytes = OUTCOME_BYTES + value.length;
    this.bytes += bytes;
    return () => {
      this.bytes -= bytes;
      this.#since = since;
      if (isNew) this.#byNumber?.delete(sequence);
      if (becomesStored) this.#stored.delete(key);
      this.#put(key, before);
    };
  }

  #drop({ sequence, eventId }: DroppedOutcome): () => void {
    const key = outcomeKey(this.#id, eventId);
    const before = this.#byKey.get(key);
    if (sequence < this.#since) {
      this.#byKey.set(key, GONE);
      const isFirst = !this.#gone.has(sequence);
      this.#gone.add(sequence);
      if (isFirst) this.bytes += OUTCOME_BYTES;
      return () => {
        if (isFirst) {
          this.bytes -= OUTCOME_BYTES;
          this.#gone.delete(sequence);
        }
        this.#put(key, before);
      };
    }
    this.#put(key, this.#stored.has(key) ? GONE : undefined);
    this.#byNumber?.delete(sequence);
    this.bytes -= OUTCOME_BYTES;
    return () => {
      this.bytes += OUTCOME_BYTES;
      this.#byNumber?.set(sequence, eventId);
      this.#put(key, before);
    };
  }

  #put(key: Bytes, place: number | undefined): void {
    if (place === undefined) this.#byKey.delete(key);
    else this.#byKey.set(key, place);
  }

  #valueOf(place: number): Buffer | null {
    return place === GONE ? null : this.#slab.at(place);
  }

  #orderEntry(sequence: number): Buffer | null | undefined {
    if (sequence < this.#since) return this.#gone.has(sequence) ? null : undefined;
    this.#byNumber ??= this.#numbered();
    const eventId = this.#byNumber.get(sequence);
    return eventId === undefined ? undefined : Buffer.from(eventId, "utf8");
  }

  #numbered(): Map<number, string> {
    const numbered = new Map<number, string>();
    for (const place of this.#byKey.values()) {
      if (place === GONE) continue;
      const { sequence, eventId } = placeOfOutcome(this.#slab.at(place));
      if (sequence >= this.#since) numbered.set(sequence, eventId);
    }
    return numbered;
  }
}
