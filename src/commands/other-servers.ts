/** The other servers of a cluster, as far as requests of a user are run there. */
import type { Reply } from "../protocol/reply.ts";

/** What a server knows and no command tells: how often machines change, how those of a definition move, and its streams with their groups. */
export type Counted =
  | { readonly kind: "rates" }
  | { readonly kind: "streams" }
  | { readonly kind: "flow"; readonly name: string; readonly version: string };

export interface Question {
  /** The name of the user, whose rights are those that it has at the other server, and the database that is selected. */
  readonly user: string;
  readonly database: number;
  readonly requests: ReadonlyArray<readonly Buffer[]>;
  /** Told as JSON in a reply behind the others, where none of these is an error: they show that the user may know it. */
  readonly counted?: Counted | undefined;
}

export interface OtherServers {
  /**
   * The replies to the requests, in their order, each once it is committed. Undefined where the server does not answer in time, or has
   * lost what it was to answer from: the requests may have been run there, may still be, and are sent once.
   * @param waitMs instead of the time that most answers take at most
   */
  ask(memberId: string, question: Question, waitMs?: number): Promise<readonly Reply[] | undefined>;
  /** Asks nothing more, answers nothing more. */
  close(): void;
}
