/**
 * What a machine does by itself it does with the rights, at that moment, of the user who made its definition. Users are
 * not known here: whoever knows them says what is refused.
 */
import type { Bytes } from "../base/bytes.ts";
import type { Database } from "../keyspace/database.ts";
import { findDefinition } from "./definitions.ts";
import type { Refusal } from "./machine-step.ts";
import type { MachineRecord } from "./record.ts";
import type { Scope } from "./subject.ts";

export type Deed =
  /** A timer fires, or a delayed event of its own arrives: nobody else is touched. */
  | { readonly kind: "go-on" }
  /** The definition is that of the machine to be made where there is none. */
  | {
      readonly kind: "send";
      readonly key: Bytes;
      readonly event: string;
      readonly definition: string | undefined;
    }
  /** A child is made, under a key that is its parent's to give; the definition is `name:version`. */
  | { readonly kind: "create"; readonly definition: string };

export interface OwnerRights {
  /** Why the machines of a user's definitions may not do that; undefined when they may. */
  refusal(owner: string, deed: Deed): string | undefined;
}

/** Why a machine may not do something of its own accord; undefined when it may. */
export function deedRefusal(scope: Scope, { definition }: MachineRecord, deed: Deed): Refusal | undefined {
  if (definition === undefined) return undefined;
  const owner = ownerOf(scope.db, definition.name, definition.version);
  const message = owner === undefined ? undefined : scope.server.owners.refusal(owner, deed);
  return message === undefined ? undefined : { kind: "refused", code: "NOPERM", message };
}

function ownerOf(db: Database, name: string, version: string): string | undefined {
  return findDefinition(db, name, version)?.owner;
}
