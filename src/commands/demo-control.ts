/** SM.DEMO, as its command knows it. */
import type { Session } from "../clients/session.ts";

/** What a demo consists of. */
export interface DemoFacts {
  /** `name:version` of its machines. */
  readonly definition: string;
  /** A pattern of their keys. */
  readonly keys: string;
  readonly machines: number;
}

export interface DemoControl {
  /** Begins a demo with the rights and in the database of a session; it ends another one. */
  begin(name: string, session: Session): DemoFacts;
  /** Ends the demo, and removes what demos have made in the database of the session. */
  stop(session: Session): void;
  /** The server ends. */
  close(): void;
}
