/** The post between partitions of one process whose stores are in memory. */
import type { IncomingLetter, MailPositions, OutgoingLetter, Post, TakeLimits } from "./post.ts";

/** What is under way between all partitions. */
export class MemoryPosts {
  /** By target, then by source. */
  readonly #boxes = new Map<number, Map<number, Map<number, Buffer>>>();
  readonly #listeners = new Map<number, () => void>();

  /** The post as a partition uses it. */
  of(partition: number): Post {
    return {
      put: async (letters) => this.#put(partition, letters),
      take: async (positions, limits) => this.#take(partition, positions, limits),
      remove: async (positions) => this.#remove(partition, positions),
      onHint: (listener) => this.#listeners.set(partition, listener ?? (() => undefined)),
    };
  }

  /** Letters that are under way. */
  get size(): number {
    let size = 0;
    for (const box of this.#boxes.values()) for (const letters of box.values()) size += letters.size;
    return size;
  }

  #put(source: number, letters: readonly OutgoingLetter[]): ReadonlyMap<number, number> {
    const targets = new Set(letters.map(({ target }) => target));
    const oldest = new Map<number, number>();
    for (const target of targets) {
      const [first] = this.#lettersOf(target, source).keys();
      if (first !== undefined) oldest.set(target, first);
    }
    for (const { target, sequence, record } of letters)
      this.#lettersOf(target, source).set(sequence, Buffer.from(record));
    for (const target of targets) this.#listeners.get(target)?.();
    return oldest;
  }

  #take(target: number, positions: MailPositions, limits: TakeLimits): readonly IncomingLetter[] {
    const taken: IncomingLetter[] = [];
    let bytes = 0;
    for (const [source, letters] of this.#boxes.get(target) ?? []) {
      const position = positions.get(source) ?? 0;
      const behind = [...letters].filter(([sequence]) => sequence > position).sort(([a], [b]) => a - b);
      for (const [sequence, record] of behind.slice(0, limits.countMax)) {
        if (taken.length > 0 && bytes + record.length > limits.bytesMax) return taken;
        taken.push({ source, sequence, record });
        bytes += record.length;
      }
    }
    return taken;
  }

  #remove(target: number, positions: MailPositions): void {
    for (const [source, position] of positions) {
      const letters = this.#lettersOf(target, source);
      for (const sequence of [...letters.keys()]) if (sequence <= position) letters.delete(sequence);
    }
  }

  #lettersOf(target: number, source: number): Map<number, Buffer> {
    const box = this.#boxes.get(target) ?? new Map<number, Map<number, Buffer>>();
    this.#boxes.set(target, box);
    const letters = box.get(source) ?? new Map<number, Buffer>();
    box.set(source, letters);
    return letters;
  }
}
