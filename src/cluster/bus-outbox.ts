/** What a member has to say on the bus: kept in order until the database takes it, cut to what a notification holds. */
import { type BusMessage, encodedSize, encodeMessages } from "./message-bus.ts";

/** A notification holds 7,999 bytes of text: base64 of these, and who says it. */
const NOTIFICATION_BYTES_MAX = 5900;
/** What may wait while the database is away. */
const WAITING_BYTES_MAX = 64 << 20;
/** Notifications in one statement. */
const PARCELS_MAX = 64;

/** What goes into one notification, or, where it is too large for that, into a row of a table. */
export interface Parcel {
  readonly bytes: Buffer;
  readonly isLarge: boolean;
}

export class BusOutbox {
  #waiting: BusMessage[] = [];
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Returns how many messages found no room. */
  add(messages: readonly BusMessage[]): number {
    let lost = 0;
    for (const message of messages) {
      const size = encodedSize(message);
      if (this.#bytes + size > WAITING_BYTES_MAX) lost += 1;
      else {
        this.#waiting.push(message);
        this.#bytes += size;
      }
    }
    return lost;
  }

  /** The next ones that one statement can send: several small ones, or a large one by itself. */
  take(): readonly Parcel[] {
    const parcels: Parcel[] = [];
    let [taken, batch, batchBytes] = [0, [] as BusMessage[], 0];
    const close = (): void => {
      if (batch.length > 0) parcels.push({ bytes: encodeMessages(batch), isLarge: false });
      [batch, batchBytes] = [[], 0];
    };
    for (const message of this.#waiting) {
      const size = encodedSize(message);
      if (size > NOTIFICATION_BYTES_MAX) {
        close();
        if (parcels.length > 0) break;
        parcels.push({ bytes: encodeMessages([message]), isLarge: true });
        taken += 1;
        break;
      }
      if (batchBytes + size > NOTIFICATION_BYTES_MAX) close();
      if (parcels.length === PARCELS_MAX) break;
      batch.push(message);
      batchBytes += size;
      taken += 1;
    }
    close();
    for (const message of this.#waiting.splice(0, taken)) this.#bytes -= encodedSize(message);
    return parcels;
  }
}
