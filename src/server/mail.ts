/** What carries events to machines of other partitions, for a partition that the server takes. */
import type { Clock } from "../base/clock.ts";
import { LeftLetters, mayHaveLetters } from "./left-letters.ts";
import { LOAD_LIMITS } from "./loads.ts";
import { MailTurns, type MailTurnsOptions } from "./mail-turns.ts";
import type { NewWork } from "./own-work.ts";

export interface MailParts extends Pick<MailTurnsOptions, "server" | "onFault"> {
  readonly clock: Clock;
}

/** Where one partition has all keys, only what a move has left is to be done. */
export function mailOf(parts: MailParts) {
  return ({ partition, databases, schedule }: NewWork): MailTurns | LeftLetters | undefined => {
    const { place, store, post } = partition;
    const given = { ...parts, schedule, limits: LOAD_LIMITS };
    if (post !== undefined) return new MailTurns({ ...given, place, store, post });
    const isLeft = place.count === 1 && mayHaveLetters(databases.transaction);
    return isLeft ? new LeftLetters(given) : undefined;
  };
}
