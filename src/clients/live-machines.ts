/**
 * For live watchers: each recorded change of a machine is published to the channel `sm:<key>`, as JSON with the fields
 * key, def, rev, kind, event, from, to and at (milliseconds since the epoch). A map machine has no `def`, and what is
 * no event has no `event`. A message is not kept: a reader that must not miss a change uses the change stream.
 */
import { chars, raw, textOfBytes } from "../base/bytes.ts";
import type { Change } from "../keyspace/changes.ts";
import type { Subscriptions } from "./subscriptions.ts";

/** Publishes those of the changes, from an index on, that machines have recorded. */
export function publishMachineChanges(
  subscriptions: Subscriptions,
  changes: readonly Change[],
  from: number,
): void {
  if (!subscriptions.hasSubscribers) return;
  for (let index = from; index < changes.length; index += 1) {
    const change = changes[index];
    if (change?.kind !== "machine") continue;
    const { key, definition, history } = change;
    const message = {
      key: textOfBytes(key),
      def: definition === undefined ? undefined : `${definition.name}:${definition.version}`,
      rev: history.rev,
      kind: history.kind,
      event: history.event,
      from: history.from,
      to: history.to,
      at: history.atMs,
    };
    subscriptions.tell(raw(`sm:${chars(key)}`), JSON.stringify(message));
  }
}
