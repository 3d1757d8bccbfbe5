/**
 * What the user of a call may do to things that are in no argument: keys that a command comes upon, definitions it
 * lists, events it finds waiting. All else is settled before a handler runs.
 */
import { type Bytes, bufferOf, bytesOfText, chars } from "../base/bytes.ts";
import { type Access, mayCarry, mayTouch, mayUseDefinition } from "../clients/users/check.ts";
import * as errors from "../protocol/errors.ts";
import type { Call } from "./handler.ts";

type Caller = Pick<Call, "session">;

export function mayAccess({ session: { user } }: Caller, key: Bytes, access: Access): boolean {
  return user.allows((selector) => mayTouch(selector, bufferOf(key), access));
}

/** `id` is a name, or `name:version`. */
export function mayUse({ session: { user } }: Caller, id: string): boolean {
  return user.allows((selector) => mayUseDefinition(selector, chars(bytesOfText(id))));
}

/** @throws ReplyError NOPERM for a definition that the user may not use */
export function assertMayUse(call: Caller, id: string): void {
  if (!mayUse(call, id)) throw errors.noPermissionDefinition();
}

/** Whether SM.SEND could bring the event to the key. */
export function maySend({ session: { user } }: Caller, key: Bytes, event: string): boolean {
  return user.allows(
    (selector) =>
      mayCarry(selector, "SM.SEND", chars(bytesOfText(event))) &&
      mayTouch(selector, bufferOf(key), { reads: true, writes: true }),
  );
}

/** Whether SM.MUTATE may send an event that leads to a state it may move to: rules of its own name states. */
export function mayDrive({ session: { user } }: Caller, event: string): boolean {
  return user.allows(
    (selector) =>
      selector.events.has("SM.MUTATE") || mayCarry(selector, "SM.MUTATE", chars(bytesOfText(event))),
  );
}

/** The refusal of an event that waits, of which another has asked the machine to go on with. */
export function eventDenied({ session: { user } }: Caller, event: string): Error {
  return errors.noPermissionCommand(Buffer.from(user.name, "latin1"), `sm.send|${event}`);
}
