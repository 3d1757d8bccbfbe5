/** What becomes of open sessions when users change: who may no longer be there, or listen, is disconnected. */
import { bufferOf } from "../../base/bytes.ts";
import type { Session } from "../session.ts";
import type { SessionList } from "../session-list.ts";
import { mayUseChannel } from "./check.ts";
import type { RuleSet } from "./rules.ts";
import type { Users } from "./users.ts";

/** What a change of users reaches, and who makes it: that session still gets its reply. */
export interface Reach {
  readonly users: Users;
  readonly sessions: SessionList;
  readonly self: Session;
}

/** Gives a user other rules, and ends the sessions that listen to what it may no longer hear. */
export function changeUser(reach: Reach, name: string, rules: RuleSet): void {
  const { users, sessions, self } = reach;
  const user = users.find(name);
  for (const session of user === undefined ? [] : [...sessions.all()]) {
    if (session.user === user && !mayListen(session, rules)) sessions.end(session, self);
  }
  users.put(name, rules);
}

/** Removes a user, and ends its sessions. False when there is none. */
export function removeUser(reach: Reach, name: string): boolean {
  const user = reach.users.remove(name);
  if (user === undefined) return false;
  for (const session of [...reach.sessions.all()]) {
    if (session.user === user) endWithoutUser(reach, session);
  }
  return true;
}

/** Puts other users in place of all there are. */
export function replaceUsers(reach: Reach, rules: ReadonlyMap<string, RuleSet>): void {
  for (const { name } of reach.users.all()) {
    if (!rules.has(name)) removeUser(reach, name);
  }
  for (const [name, one] of rules) changeUser(reach, name, one);
}

function mayListen({ subscriptions }: Session, { selectors }: RuleSet): boolean {
  const may = (name: Buffer, isPattern: boolean) =>
    selectors.some((selector) => mayUseChannel(selector, name, isPattern));
  const { channel, shard, pattern } = subscriptions;
  return (
    [...channel, ...shard].every((name) => may(bufferOf(name), false)) &&
    [...pattern].every((name) => may(bufferOf(name), true))
  );
}

/** It must not act any more, whatever it has sent by now. */
function endWithoutUser({ users, sessions, self }: Reach, session: Session): void {
  session.user = users.default;
  session.isAuthenticated = false;
  sessions.end(session, self);
}
