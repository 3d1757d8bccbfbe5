/** What a session keeps of its own tracking (CLIENT TRACKING). */
import type { Bytes } from "../base/bytes.ts";

/** How a session is tracked. */
export interface TrackingState {
  /** The id of the session that gets the invalidations; 0: this one. */
  readonly redirect: number;
  readonly isBroadcast: boolean;
  /** Of BCAST; the empty prefix stands for all keys. */
  readonly prefixes: Set<Bytes>;
  /** What is remembered: every key read, those after CLIENT CACHING YES, or those but after CLIENT CACHING NO. */
  readonly mode: "all" | "optin" | "optout";
  /** The session is not told of what it has changed itself. */
  readonly isNoLoop: boolean;
  /** CLIENT CACHING: holds for the next request. */
  caching: "yes" | "no" | undefined;
  /** The session to redirect to was gone when something was to be sent. */
  isRedirectBroken: boolean;
}
