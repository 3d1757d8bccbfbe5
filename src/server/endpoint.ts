/** What the executor sees of a connection. */
import type { Session } from "../clients/session.ts";

/** The connection side of a session. */
export interface Endpoint {
  readonly session: Session;
  /** The next whole request; undefined when more bytes are needed or none shall run now. */
  nextRequest(): readonly Buffer[] | undefined;
  /** Bytes that it has sent and that have not been run. */
  readonly inputBytes: number;
  /** True when the client has closed its side: nobody needs what it waits for. */
  readonly isInputEnded: boolean;
}
