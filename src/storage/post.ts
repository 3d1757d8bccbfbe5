/**
 * The way of letters from one partition to another, of whose meaning it knows nothing. The letters from a source to a target
 * have numbers without gaps, from 1 on, under which each stays the same for ever: to put one in twice changes nothing, and one
 * that was removed and is put in once more is passed over by the target, which knows up to which it has taken them.
 */

/** A letter on its way from a partition to another. */
export interface OutgoingLetter {
  readonly target: number;
  readonly sequence: number;
  readonly record: Buffer;
}

export interface IncomingLetter {
  readonly source: number;
  readonly sequence: number;
  readonly record: Buffer;
}

/** How far the letters of each source have come. */
export type MailPositions = ReadonlyMap<number, number>;

export interface TakeLimits {
  /** Letters of one source. */
  readonly countMax: number;
  /** Bytes of all letters; the first one is taken however long it is. */
  readonly bytesMax: number;
}

/** The post as one partition uses it. */
export interface Post {
  /**
   * Puts letters in, those of a target in the order of their sequences. Returns for each target the sequence of its oldest
   * letter that was there before. Rejects when it is not certain that they are there: they are then to be put in again.
   */
  put(letters: readonly OutgoingLetter[]): Promise<ReadonlyMap<number, number>>;
  /** Letters for the partition behind the positions, those of a source in the order of their sequences. */
  take(positions: MailPositions, limits: TakeLimits): Promise<readonly IncomingLetter[]>;
  /** Removes letters for the partition up to the positions. */
  remove(positions: MailPositions): Promise<void>;
  /** Calls the listener, the last one given, when letters for the partition may have come; undefined: none any more. */
  onHint(listener: (() => void) | undefined): void;
}
