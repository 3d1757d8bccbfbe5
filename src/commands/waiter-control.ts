/** The sessions that wait for a key to change (XREAD BLOCK and the like), as commands know them. */

/** How CLIENT UNBLOCK ends a wait: as the deadline does, or with an error. */
export type UnblockMode = "timeout" | "error";

/** The sessions that wait, as commands may see and touch them. */
export interface WaiterControl {
  readonly size: number;
  /** Requests that CLIENT PAUSE or a store that does not keep up holds back. */
  readonly heldCount: number;
  isWaiting(sessionId: number): boolean;
  /** Whether a session's request is held back. */
  isHeld(sessionId: number): boolean;
  /** Ends the wait of a session; false when it does not wait. */
  unblock(sessionId: number, mode: UnblockMode): boolean;
  /** Ends all waits with an error: the server is no longer the owner of the keys. */
  endAll(): void;
  /** Has a session asked again that waits for something else than keys. */
  wake(sessionId: number): void;
}
