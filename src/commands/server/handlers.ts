/** The handlers of the server group. */
import type { Handler } from "../handler.ts";
import { aclCat } from "./acl-cat.ts";
import { aclHelp } from "./acl-help.ts";
import { aclWhoami } from "./acl-whoami.ts";
import { command } from "./command.ts";
import { commandCount } from "./command-count.ts";
import { commandDocs } from "./command-docs.ts";
import { commandGetKeys } from "./command-get-keys.ts";
import { commandGetKeysAndFlags } from "./command-get-keys-and-flags.ts";
import { commandHelp } from "./command-help.ts";
import { commandInfo } from "./command-info.ts";
import { commandList } from "./command-list.ts";
import { dbsize } from "./dbsize.ts";
import { flushall } from "./flushall.ts";
import { flushdb } from "./flushdb.ts";
import { memoryHelp } from "./memory-help.ts";
import { memoryUsage } from "./memory-usage.ts";
import { swapdb } from "./swapdb.ts";

export const SERVER_HANDLERS: readonly Handler[] = [
  aclCat,
  aclHelp,
  aclWhoami,
  command,
  commandCount,
  commandDocs,
  commandGetKeys,
  commandGetKeysAndFlags,
  commandHelp,
  commandInfo,
  commandList,
  dbsize,
  flushall,
  flushdb,
  memoryHelp,
  memoryUsage,
  swapdb,
];
