/**
 * What is kept beside the ordered store and derived from what was committed: objects that live in memory, whose
 * keys are written only at a checkpoint, once for however many changes they had. A commit carries, beside its
 * writes, redo records: opaque bytes that say what changed. They are in the journal and never in a table or in
 * LMDB. The store hands them back at recovery, and asks at a checkpoint for the writes that they amount to.
 *
 * Two generations exist at most, as of the store's tables: the active one, whose redo records are in the journal
 * that is being written, and the frozen one, whose journal is given up once LMDB has all of it.
 *
 * The order of calls, all on the main thread and none inside a commit or a read:
 *
 *     open:       (redo* overwritten*)*  [freeze  (redo* overwritten*)*]
 *     then:       freeze  (fold  lastWrites)+  thawed  freeze  (fold  lastWrites)+  thawed ...
 *
 * 1. A commit journals its redo records before its writes. Within a commit the writes are the newer ones: at
 *    recovery `overwritten` is called for each key written, after the commit's redo records. A running server knows
 *    its own writes and is not told of them.
 * 2. What a commit changed has to be part of the active generation when the turn of the event loop that committed
 *    ends: `freeze` is called between turns, from a microtask at the earliest.
 * 3. A checkpoint carries the frozen table, then what `fold` yields, then, in one LMDB transaction with the mark,
 *    `lastWrites`. So a folded write replaces a table's write of the same key: whoever holds something dirty must drop
 *    it when its key is overwritten, and what it holds afterwards is newer than the write.
 * 4. A crash, or an error of the disk, may leave any part of that carried. The journal then still has every redo
 *    record, and LMDB may already have what they lead to: `redo` has to be idempotent, and its reader may answer with
 *    a later state than the one that the record was made in, or with nothing where the object was removed later. What
 *    cannot be made idempotent, such as a sum, belongs into `lastWrites`.
 * 5. While a generation is frozen, reads of the ordered store may see some of its folded writes and not others: who
 *    derives has to answer for these keys until `thawed`, from when on the store answers with all of them.
 * 6. A fold that failed is begun anew: `fold` and `lastWrites` may be called again for the same generation.
 */
import type { Bytes } from "../base/bytes.ts";
import type { OrderedReader, Write } from "./ordered-store.ts";

/** A redo record that has been read. */
export interface PreparedRedo {
  /** The keys that it is going to read, about. */
  reads(): readonly Bytes[];
  /** As `Derived.redo` of its record. */
  redo(reader: OrderedReader): void;
}

export interface Derived {
  /**
   * A redo record of the journal, in commit order. The buffer may be kept.
   * @param reader the store as of this commit's predecessor, where LMDB is not ahead of it (see 4)
   */
  redo(record: Buffer, reader: OrderedReader): void;

  /** Reads a redo record, to be redone later: a store in another process loads what many of them need at once. */
  prepare?(record: Buffer): PreparedRedo;

  /** A key was written, or removed, by the commit whose redo records came last. */
  overwritten(key: Bytes): void;

  /** What is dirty belongs from now on to the frozen generation; there is no other frozen one. */
  freeze(): void;

  /**
   * The writes that the frozen generation amounts to; consumed step by step with turns of the event loop between,
   * so that each step should cost little and none may look at what has become dirty since. Whoever consumes it may
   * stop early. Undefined is no write: whoever consumes it may pause there. A promise, over a store whose reads may miss,
   * is to be awaited before the next step: it resolves when that can be made, and rejects when the store cannot be read.
   * @param below the frozen table over LMDB: the store without the active table
   */
  fold(below: OrderedReader): Iterable<Write | undefined | Promise<void>>;

  /** Writes that reach LMDB together with the mark, or not at all. Called when the fold has ended; it misses nothing then. */
  lastWrites(below: OrderedReader): readonly Write[];

  /** LMDB has the frozen generation, and reads of the store see it: it can be dropped. */
  thawed(): void;

  /** Bytes of memory that the active generation pins, about. When they reach a limit, a checkpoint begins. */
  readonly bytes: number;

  /** Number of things that are dirty in the active generation: a measure of what a checkpoint will have to do. */
  readonly size: number;
}
