/**
 * A value that a transaction holds as what it says, and encodes once: when somebody asks for its bytes, at the latest for
 * the commit. What many requests of a turn write over and over, such as the record of a stream or a node of a tree, is
 * so neither decoded nor encoded in between, and journaled once for all of them.
 */

/** Makes the bytes of a value; always the same function for the same kind of values. */
export type Encoder<T> = (decoded: T) => Buffer;

export class PendingValue {
  readonly #decoded: unknown;
  readonly #encode: Encoder<never>;
  #bytes: Buffer | undefined;

  private constructor(decoded: unknown, encode: Encoder<never>) {
    this.#decoded = decoded;
    this.#encode = encode;
  }

  /** `decoded` is never changed. */
  static of<T>(decoded: T, encode: Encoder<T>): PendingValue {
    return new PendingValue(decoded, encode);
  }

  get bytes(): Buffer {
    // Given together with what encodes it.
    this.#bytes ??= this.#encode(this.#decoded as never);
    return this.#bytes;
  }

  /** What it says; undefined when it is a value of another kind, which another function encodes. */
  as<T>(encode: Encoder<T>): T | undefined {
    return this.#encode === encode ? (this.#decoded as T) : undefined;
  }
}
