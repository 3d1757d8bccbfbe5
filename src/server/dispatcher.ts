/** What the executor sees of the dispatcher: what becomes of a request. */
import type { PauseMode } from "../clients/pause.ts";
import type { Session } from "../clients/session.ts";
import type { Partition } from "../keyspace/partitions.ts";
import type { ReplyError } from "../protocol/reply-error.ts";
import type { NotLoaded } from "../storage/not-loaded.ts";
import type { PendingReply } from "./outgoing.ts";
import type { Turn } from "./turn.ts";
import type { WaitingRequest } from "./waiting-request.ts";

/** A reply and what the executor has to know of the request behind it. */
export interface Outcome extends PendingReply {
  /** Set when there is no reply yet: the request waits. `reply` is then "none". */
  readonly waiting: WaitingRequest | undefined;
  /** Set when there is no reply yet, since a read has missed. `reply` is then "none". */
  readonly missing?: Missing;
}

/** A request all of whose work was taken back: it is run again when something is loaded. */
export interface Missing {
  readonly name: string;
  /** Where it has missed. */
  readonly partition: Partition;
  /** Copied. */
  readonly args: readonly Buffer[];
  /** What one of its reads has missed, and what further ones will. */
  readonly misses: readonly NotLoaded[];
  /** Runs it again, in a later turn. */
  again(turn: Turn): Outcome;
  /** Answers it with an error instead. */
  refuse(error: ReplyError): Outcome;
}

export interface Dispatcher {
  dispatch(session: Session, args: readonly Buffer[], turn: Turn): Outcome;
  /** Whether CLIENT PAUSE holds the request back. */
  mustWait(session: Session, args: readonly Buffer[], mode: PauseMode): boolean;
  /** Whether the request, or one of its queue, may touch one of the keys, named as `watchName` does. */
  touches(session: Session, args: readonly Buffer[], keys: ReadonlySet<string>): boolean;
}
