/** Creating a machine as a client asks for it: it is made, and all that its first macrostep sets off happens too. */

import { assert } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import { Delivery } from "./delivery.ts";
import type { Creation } from "./making.ts";
import { type Scope, type Subject, subjectAt } from "./subject.ts";

/**
 * Writes a new machine in place of whatever the key holds, with all its first macrostep sets off; returns what it has
 * become. @throws ReplyError NOSTATE, EXECFAIL
 */
export function createFrom(scope: Scope, key: Bytes, creation: Creation): Subject {
  const delivery = new Delivery(scope);
  delivery.create(key, creation);
  delivery.runFollowUps();
  const subject = subjectAt(scope, key);
  assert(subject !== undefined, "the machine that was made");
  return subject;
}
