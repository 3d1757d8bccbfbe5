/** The other servers of a cluster, as far as requests of a user are run there. */
import type { Reply } from "../protocol/reply.ts";

export interface Question {
  /** The name of the user, whose rights are those that it has at the other server, and the database that is selected. */
  readonly user: string;
  readonly database: number;
  readonly requests: ReadonlyArray<readonly Buffer[]>;
}

export interface OtherServers {
  /**
   * The replies to the requests, in their order, each once it is committed. Undefined where the server does not answer in time, or has
   * lost what it was to answer from: the requests may have been run there, may still be, and are sent once.
   */
  ask(memberId: string, question: Question): Promise<readonly Reply[] | undefined>;
  /** Asks nothing more, answers nothing more. */
  close(): void;
}
