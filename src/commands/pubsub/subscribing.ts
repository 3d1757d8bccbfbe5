/** What the commands that subscribe and unsubscribe have in common: an answer for each channel or pattern. */
import { bufferOf, bytesOf } from "../../base/bytes.ts";
import type { Session, SubscriptionKind } from "../../clients/session.ts";
import type { Reply } from "../../protocol/reply.ts";
import type { Call } from "../handler.ts";

/** Subscribes to all that the request names. Each is answered `word`, name, and the number of subscriptions then. */
export function subscribe({ args, session, server }: Call, kind: SubscriptionKind, word: string): Reply {
  const replies = args.slice(1).map((name) => {
    server.subscriptions.subscribe(session, kind, bytesOf(name));
    return answer(word, name, session, kind);
  });
  return { kind: "several", replies };
}

/** Ends the subscriptions that the request names, or all of the kind when it names none; answers as `subscribe`. */
export function unsubscribe({ args, session, server }: Call, kind: SubscriptionKind, word: string): Reply {
  const isAll = args.length === 1;
  const names = isAll ? [...session.subscriptions[kind]].map(bufferOf) : args.slice(1);
  if (names.length === 0) return answer(word, null, session, kind);
  const replies = names.map((name) => {
    server.subscriptions.unsubscribe(session, kind, bytesOf(name));
    return answer(word, name, session, kind);
  });
  return { kind: "several", replies };
}

function answer(word: string, name: Buffer | null, session: Session, kind: SubscriptionKind): Reply {
  return { kind: "push", items: [word, name, subscriptionCount(session, kind)] };
}

/** Channels and patterns are counted together, shard channels apart. */
function subscriptionCount({ subscriptions }: Session, kind: SubscriptionKind): number {
  return kind === "shard"
    ? subscriptions.shard.size
    : subscriptions.channel.size + subscriptions.pattern.size;
}
