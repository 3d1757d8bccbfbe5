/** The types of clients that CLIENT LIST and CLIENT KILL tell apart. Ours are normal ones and subscribers. */

import { isSubscriber, type Session } from "../../clients/session.ts";
import * as errors from "../../protocol/errors.ts";

export type ClientType = "normal" | "master" | "replica" | "pubsub";

/** @throws ReplyError when there is no such type */
export function clientType(bytes: Buffer): ClientType {
  const word = bytes.toString("latin1").toLowerCase();
  switch (word) {
    case "normal":
    case "master":
    case "replica":
    case "pubsub":
      return word;
    case "slave":
      return "replica";
    default:
      throw errors.unknownClientType(bytes);
  }
}

export function typeOf(session: Session): ClientType {
  return isSubscriber(session) ? "pubsub" : "normal";
}
