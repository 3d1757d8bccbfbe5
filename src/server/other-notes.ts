/**
 * Which machines have changed at the other servers of a cluster, for those who follow changes here; and what has changed here, for them.
 * A server says on the bus that somebody follows, again and again; those that have heard it tell all what they gather, for as long. A
 * message may be lost, so each has a number: behind a gap, more may have changed than is named. So it is when partitions
 * change hands, since the server that had one may not have told its last changes.
 */
import { deserialize, serialize } from "node:v8";
import { type Bytes, chars } from "../base/bytes.ts";
import type { Clock } from "../base/clock.ts";
import type { BusMessage, MessageBus } from "../cluster/message-bus.ts";
import type { ClusterView } from "../cluster/view.ts";
import type { ChangedMachines, ChangeNote, ChangeNotes } from "../machines/change-notes.ts";

/** How often a server says that somebody follows there, and how long that holds. */
const SAY_AGAIN_MS = 5000;
const FOLLOWING_MS = 3 * SAY_AGAIN_MS;
/** Of names in a message, so that it fits into a notification; what has no room is not named. */
const CHARS_MAX = 3500;
/** What a name takes beside its characters. */
const PER_NAME = 12;

/** A note on its way: its number, and changes by definition, with how often each machine of it has changed. */
interface Told {
  readonly number: number;
  readonly definitions: ChangeNote["definitions"];
  readonly isPartial: boolean;
}

export interface OtherNotesOptions {
  readonly bus: MessageBus;
  readonly cluster: ClusterView;
  readonly clock: Clock;
  readonly notes: ChangeNotes;
}

const NOTHING: ReadonlyMap<string, ChangedMachines> = new Map();

/** Exchanges notes until what it returns is called. */
export function exchangeNotes(options: OtherNotesOptions): () => void {
  const exchange = new NoteExchange(options);
  return () => exchange.close();
}

class NoteExchange {
  readonly #options: OtherNotesOptions;
  readonly #ends: ReadonlyArray<() => void>;
  /** Until when somebody follows at each other member. */
  readonly #followed = new Map<string, number>();
  /** The number of the last note of each. */
  readonly #numbers = new Map<string, number>();
  #number = 0;
  #owners: string;
  #cancelSaying: (() => void) | undefined;

  constructor(options: OtherNotesOptions) {
    this.#options = options;
    const { bus, cluster, notes } = options;
    this.#owners = ownersIn(cluster);
    notes.onFollowed = () => this.#follow();
    this.#ends = [
      bus.onMessages((messages) => this.#receive(messages)),
      cluster.onChange(() => this.#look()),
    ];
  }

  close(): void {
    for (const end of this.#ends) end();
    this.#cancelSaying?.();
    const { notes } = this.#options;
    notes.onFollowed = () => undefined;
    notes.tell = undefined;
  }

  /** Somebody follows here; what has changed before that is not known. */
  #follow(): void {
    if (this.#cancelSaying !== undefined) return;
    this.#numbers.clear();
    this.#say();
  }

  #say(): void {
    const { bus, clock, cluster, notes } = this.#options;
    this.#cancelSaying = undefined;
    if (notes.size === 0) return;
    bus.send([messageOf("following", cluster.ownId)]);
    this.#cancelSaying = clock.wakeAt(clock.now() + SAY_AGAIN_MS, () => this.#say());
  }

  /** Partitions may have changed hands. */
  #look(): void {
    const { cluster, notes } = this.#options;
    const owners = ownersIn(cluster);
    if (owners === this.#owners) return;
    this.#owners = owners;
    notes.handOn({ definitions: NOTHING, isPartial: true }, cluster.ownId);
  }

  #receive(messages: readonly BusMessage[]): void {
    for (const { kind, channel, message } of messages) {
      const from = channel.toString("latin1");
      if (kind === "following") this.#beHeard(from);
      if (kind === "notes") this.#take(from, deserialize(message));
    }
  }

  /** Another member wants to know; an empty note tells it the number of the last one. */
  #beHeard(by: string): void {
    const { clock, notes } = this.#options;
    this.#followed.set(by, clock.now() + FOLLOWING_MS);
    notes.tell = (note) => this.#tell(note);
    this.#tell({ definitions: NOTHING, isPartial: false });
  }

  #tell(note: ChangeNote): void {
    const { bus, clock, cluster, notes } = this.#options;
    for (const [member, untilMs] of this.#followed) if (untilMs <= clock.now()) this.#followed.delete(member);
    if (this.#followed.size === 0) {
      notes.tell = undefined;
      return;
    }
    this.#number += 1;
    const told: Told = { number: this.#number, ...fitted(note) };
    bus.send([messageOf("notes", cluster.ownId, serialize(told))]);
  }

  #take(from: string, { number, definitions, isPartial }: Told): void {
    const last = this.#numbers.get(from);
    this.#numbers.set(from, number);
    const isWhole = last !== undefined && number === last + 1;
    if (isWhole && !isPartial && definitions.size === 0) return;
    this.#options.notes.handOn({ definitions, isPartial: isPartial || !isWhole }, from);
  }
}

function messageOf(kind: "following" | "notes", memberId: string, message = Buffer.alloc(0)): BusMessage {
  return { kind, channel: Buffer.from(memberId, "latin1"), message };
}

function ownersIn({ partitions }: ClusterView): string {
  return partitions.map(({ ownerId, epoch }) => `${ownerId ?? ""}@${epoch}`).join();
}

/** As much of a note as has room: names of definitions with the number of changes first, then keys. */
function fitted({ definitions, isPartial }: ChangeNote): ChangeNote {
  let left = CHARS_MAX;
  const take = (length: number): boolean => {
    const hasRoom = length <= left;
    if (hasRoom) left -= length + PER_NAME;
    return hasRoom;
  };
  const named = [...definitions].filter(([name]) => take(name.length));
  let isCut = named.length < definitions.size;
  const fit = named.map(([name, { count, keys }]): [string, ChangedMachines] => {
    const kept: Array<[Bytes, number]> = [...keys].filter(([key]) => take(chars(key).length));
    isCut ||= kept.length < keys.size;
    return [name, { count, keys: new Map(kept) }];
  });
  return { definitions: new Map(fit), isPartial: isPartial || isCut };
}
