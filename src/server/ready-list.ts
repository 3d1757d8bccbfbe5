/**
 * Who has requests and waits for a turn. A client that has sent one small request need not wait behind all that others have
 * sent ahead: some of these go first in each turn. All the others go in the order in which they came, and whoever had no turn
 * is first in the next one, so that nobody waits for ever.
 */
import type { Endpoint } from "./endpoint.ts";

/** Who has sent no more bytes goes first. */
const SMALL_BYTES_MAX = 256;
/** So many in a turn. */
const FIRST_MAX = 16;

export class ReadyList {
  readonly #small = new Set<Endpoint>();
  readonly #others = new Set<Endpoint>();

  get size(): number {
    return this.#small.size + this.#others.size;
  }

  /** True where small requests wait beside the pipelines of others. */
  get isMixed(): boolean {
    return this.#small.size > 0 && this.#others.size > 0;
  }

  /** It has input. */
  add(endpoint: Endpoint): void {
    if (this.#others.has(endpoint)) return;
    if (endpoint.inputBytes <= SMALL_BYTES_MAX) this.#small.add(endpoint);
    else this.postpone(endpoint);
  }

  /** It had a turn, or goes on with what it has sent before: it is behind those that have had none. */
  postpone(endpoint: Endpoint): void {
    this.#small.delete(endpoint);
    this.#others.add(endpoint);
  }

  delete(endpoint: Endpoint): void {
    this.#small.delete(endpoint);
    this.#others.delete(endpoint);
  }

  /** Takes them out one by one, until the caller stops. */
  *take(): Generator<Endpoint> {
    let count = 0;
    for (const endpoint of this.#small) {
      if (count === FIRST_MAX) break;
      count += 1;
      this.#small.delete(endpoint);
      yield endpoint;
    }
    for (const list of [this.#others, this.#small]) {
      for (const endpoint of list) {
        list.delete(endpoint);
        yield endpoint;
      }
    }
  }
}
