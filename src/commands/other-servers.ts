/** The other servers of a cluster, as far as requests of a user are run there. */
import type { Reply } from "../protocol/reply.ts";

/** What a server knows and no command tells: how often machines change, how those of a definition move, and its streams with their groups. */
export type Counted =
  | { readonly kind: "rates" }
  | { readonly kind: "streams" }
  | { readonly kind: "flow"; readonly name: string; readonly version: string };

/** What is asked of a bulk job, which lives in the memory of one server. */
export interface JobQuestion {
  readonly id: string;
  readonly step: "read" | "start" | "stop" | "undo";
  /** Where the user asks from. */
  readonly address: string;
  /** The results that are wanted of `read`: those with an outcome, all without one, from a number on. */
  readonly outcome?: string | undefined;
  readonly from?: number | undefined;
}

export interface Question {
  /** The name of the user, whose rights are those that it has at the other server, and the database that is selected. */
  readonly user: string;
  readonly database: number;
  readonly requests: ReadonlyArray<readonly Buffer[]>;
  /** Told as JSON in a reply behind the others, where none of these is an error: they show that the user may know it. */
  readonly counted?: Counted | undefined;
  /** Answered as JSON in a reply behind the others. */
  readonly job?: JobQuestion | undefined;
}

/** What answers questions of bulk jobs. Its answer is JSON, a refusal too: it never rejects for one. */
export type JobAnswerer = (
  asker: Pick<Question, "user" | "database">,
  question: JobQuestion,
) => Promise<unknown>;

export interface OtherServers {
  /**
   * The replies to the requests, in their order, each once it is committed. Undefined where the server does not answer in time, or has
   * lost what it was to answer from: the requests may have been run there, may still be, and are sent once.
   * @param waitMs instead of the time that most answers take at most
   */
  ask(memberId: string, question: Question, waitMs?: number): Promise<readonly Reply[] | undefined>;
  /** Without this, as on a server without an HTTP port, which has no jobs, no question of one is answered. */
  answerJobs(answerer: JobAnswerer): void;
  /** Asks nothing more, answers nothing more. */
  close(): void;
}
