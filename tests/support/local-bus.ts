/** The bus of a cluster within the process of a test: what one member sends, the others have at once. */
import {
  type BusMessage,
  decodeMessages,
  encodeMessages,
  type MessageBus,
} from "../../src/cluster/message-bus.ts";

type IsLost = (message: BusMessage) => boolean;

class LocalBus implements MessageBus {
  readonly #all: LocalBus[];
  readonly #isLost: IsLost;
  readonly #listeners = new Set<(messages: readonly BusMessage[]) => void>();
  isHearing = false;

  constructor(all: LocalBus[], isLost: IsLost) {
    this.#all = all;
    this.#isLost = isLost;
    all.push(this);
  }

  get isHeard(): boolean {
    return this.#all.some((other) => other !== this && other.isHearing);
  }

  send(messages: readonly BusMessage[]): void {
    const bytes = encodeMessages(messages.filter((message) => !this.#isLost(message)));
    for (const other of this.#all) {
      if (other === this) continue;
      // As over a network: not within what the sender is doing.
      setImmediate(() => {
        for (const listener of [...other.#listeners]) listener(decodeMessages(bytes));
      });
    }
  }

  onMessages(listener: (messages: readonly BusMessage[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  setHearing(isHearing: boolean): void {
    this.isHearing = isHearing;
  }
}

/** Makes members of one bus, which loses some messages. */
export function localBus(isLost: IsLost = () => false): () => MessageBus {
  const all: LocalBus[] = [];
  return () => new LocalBus(all, isLost);
}
