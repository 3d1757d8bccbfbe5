/** Commands that sessions in certain states may send, and codes that clients of a cluster read. */

/** What a session with subscriptions may send in RESP2, where a reply and a message look alike. */
export const FOR_SUBSCRIBERS = new Set([
  "ping",
  "subscribe",
  "ssubscribe",
  "psubscribe",
  "unsubscribe",
  "sunsubscribe",
  "punsubscribe",
  "quit",
  "reset",
]);

/** What a client of a cluster reads as they are, and follows. */
export const REDIRECTIONS = new Set(["MOVED", "ASK", "CROSSSLOT", "CLUSTERDOWN"]);

/** What Redis keeps a replica, and so who monitors, from doing, beside reading and writing. */
export const MAY_REPLICATE = new Set(["publish", "spublish", "eval", "evalsha", "fcall"]);
