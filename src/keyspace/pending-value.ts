/**
 * A value that a transaction holds as what it says, and encodes once: when somebody asks for its bytes, at the latest for
 * the commit. What many requests of a turn write over and over, such as a node of a tree, is so encoded and journaled
 * once for all of them.
 */
export abstract class PendingValue {
  #bytes: Buffer | undefined;

  get bytes(): Buffer {
    this.#bytes ??= this.encode();
    return this.#bytes;
  }

  protected abstract encode(): Buffer;
}
