/** Every handler by its full name. An entry of commands.json without one, or the other way round, fails a test. */

import { ACL_HANDLERS } from "./acl/handlers.ts";
import { BITMAP_HANDLERS } from "./bitmap/handlers.ts";
import { CLUSTER_HANDLERS } from "./cluster/handlers.ts";
import { CONNECTION_HANDLERS } from "./connection/handlers.ts";
import { GENERIC_HANDLERS } from "./generic/handlers.ts";
import { GEO_HANDLERS } from "./geo/handlers.ts";
import type { Handler } from "./handler.ts";
import { HASH_HANDLERS } from "./hash/handlers.ts";
import { HYPERLOGLOG_HANDLERS } from "./hyperloglog/handlers.ts";
import { LIST_HANDLERS } from "./list/handlers.ts";
import { MACHINE_HANDLERS } from "./machine/handlers.ts";
import { MIGRATION_HANDLERS } from "./migration/handlers.ts";
import { PUBSUB_HANDLERS } from "./pubsub/handlers.ts";
import { SCRIPTING_HANDLERS } from "./scripting/handlers.ts";
import { SERVER_HANDLERS } from "./server/handlers.ts";
import { SET_HANDLERS } from "./set/handlers.ts";
import { SORTED_SET_HANDLERS } from "./sorted-set/handlers.ts";
import { STATECHART_HANDLERS } from "./statechart/handlers.ts";
import { STREAM_HANDLERS } from "./stream/handlers.ts";
import { STRING_HANDLERS } from "./string/handlers.ts";
import { TRANSACTION_HANDLERS } from "./transaction/handlers.ts";

const GROUPS: ReadonlyArray<readonly Handler[]> = [
  BITMAP_HANDLERS,
  ACL_HANDLERS,
  CLUSTER_HANDLERS,
  CONNECTION_HANDLERS,
  GENERIC_HANDLERS,
  GEO_HANDLERS,
  HASH_HANDLERS,
  LIST_HANDLERS,
  HYPERLOGLOG_HANDLERS,
  MACHINE_HANDLERS,
  PUBSUB_HANDLERS,
  SCRIPTING_HANDLERS,
  SERVER_HANDLERS,
  SET_HANDLERS,
  SORTED_SET_HANDLERS,
  STREAM_HANDLERS,
  MIGRATION_HANDLERS,
  STATECHART_HANDLERS,
  STRING_HANDLERS,
  TRANSACTION_HANDLERS,
];

export const HANDLERS: ReadonlyMap<string, Handler> = new Map(
  GROUPS.flat().map((handler) => [handler.name, handler]),
);
