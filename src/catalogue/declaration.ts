/** What commands.json declares of a command, in Redis' own vocabulary. `catalogue-parse.ts` reads it. */
import type { JsonObject } from "../base/json.ts";

/** Command flags in the order in which COMMAND INFO lists them; the position is the bit in `Command.flags`. */
export const COMMAND_FLAGS = [
  "WRITE",
  "READONLY",
  "DENYOOM",
  "MODULE",
  "ADMIN",
  "PUBSUB",
  "NOSCRIPT",
  "BLOCKING",
  "LOADING",
  "STALE",
  "SKIP_MONITOR",
  "SKIP_SLOWLOG",
  "FAST",
  "NO_AUTH",
  "NO_MANDATORY_KEYS",
  "NO_ASYNC_LOADING",
  "NO_MULTI",
  "MOVABLEKEYS",
  "ALLOW_BUSY",
] as const;
export type CommandFlag = (typeof COMMAND_FLAGS)[number];

/** ACL categories in the order in which Redis lists them, and ours at the end. */
export const ACL_CATEGORIES = [
  "KEYSPACE",
  "READ",
  "WRITE",
  "SET",
  "SORTEDSET",
  "LIST",
  "HASH",
  "STRING",
  "BITMAP",
  "HYPERLOGLOG",
  "GEO",
  "STREAM",
  "PUBSUB",
  "ADMIN",
  "FAST",
  "SLOW",
  "BLOCKING",
  "DANGEROUS",
  "CONNECTION",
  "TRANSACTION",
  "SCRIPTING",
  "STATEMACHINE",
] as const;
export type AclCategory = (typeof ACL_CATEGORIES)[number];

/** Key specification flags in the order in which Redis lists them. */
export const KEY_FLAGS = [
  "RO",
  "RW",
  "OW",
  "RM",
  "ACCESS",
  "UPDATE",
  "INSERT",
  "DELETE",
  "NOT_KEY",
  "INCOMPLETE",
  "VARIABLE_FLAGS",
] as const;
export type KeyFlag = (typeof KEY_FLAGS)[number];

/** Where the search for keys begins. `pos` and `startfrom` count the command name as 0; negative from the end. */
export type BeginSearch =
  | { readonly kind: "index"; readonly pos: number }
  | { readonly kind: "keyword"; readonly keyword: string; readonly startfrom: number }
  | { readonly kind: "unknown" };

/** Which arguments from there on are keys; `lastkey` is relative to the first, or negative from the end. */
export type FindKeys =
  | { readonly kind: "range"; readonly lastkey: number; readonly step: number; readonly limit: number }
  | { readonly kind: "keynum"; readonly keynumidx: number; readonly firstkey: number; readonly step: number }
  | { readonly kind: "unknown" };

export type KeySpec = {
  readonly notes: string | undefined;
  readonly flags: readonly KeyFlag[];
  readonly beginSearch: BeginSearch;
  readonly findKeys: FindKeys;
};

export const ARGUMENT_TYPES = [
  "string",
  "integer",
  "double",
  "key",
  "pattern",
  "unix-time",
  "pure-token",
  "oneof",
  "block",
] as const;

export type Argument = {
  readonly name: string;
  readonly type: (typeof ARGUMENT_TYPES)[number];
  readonly keySpecIndex: number | undefined;
  readonly token: string | undefined;
  readonly since: string | undefined;
  /** How the argument is shown in a syntax line where that is not its name. */
  readonly display: string | undefined;
  readonly isOptional: boolean;
  readonly isMultiple: boolean;
  /** The token is repeated with each value. */
  readonly isMultipleToken: boolean;
  /** The parts of a block in order, or the choices of a oneof; otherwise empty. */
  readonly parts: readonly Argument[];
};

export const DOC_FLAGS = ["DEPRECATED", "SYSCMD"] as const;

/** One entry of commands.json. */
export type Declaration = {
  /** Upper case; a subcommand is `CONTAINER|NAME`. */
  readonly name: string;
  readonly summary: string;
  readonly since: string;
  readonly group: string;
  readonly module: string | undefined;
  readonly complexity: string;
  /** The exact number of arguments, or if negative the least; the name counts, and the container's too. */
  readonly arity: number;
  readonly container: string | undefined;
  /** Version and change, oldest first. */
  readonly history: ReadonlyArray<readonly [string, string]>;
  readonly docFlags: ReadonlyArray<(typeof DOC_FLAGS)[number]>;
  readonly deprecatedSince: string | undefined;
  readonly replacedBy: string | undefined;
  readonly commandFlags: readonly CommandFlag[];
  /** Only those that do not follow from the flags. */
  readonly aclCategories: readonly AclCategory[];
  readonly commandTips: readonly string[];
  readonly keySpecs: readonly KeySpec[];
  readonly arguments: readonly Argument[];
  /** JSON Schema of the reply; absent for a container that cannot be called. */
  readonly replySchema: JsonObject | undefined;
};
