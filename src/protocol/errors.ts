import { textOf } from "./raw-text.ts";
import { ReplyError } from "./reply-error.ts";

/**
 * The catalogue of error replies: every text a client may read after "-", in one place. Texts are those of Redis 7.2
 * where Redis has the error. A code (the first word) is an API: clients branch on it, so none is reworded silently.
 *
 * Use: `throw errors.wrongType()`. Names and keys of clients are given as bytes or text and repeated as they came.
 */
export type Name = string | Uint8Array;

/** Each code, and when it is sent. "ERR" is any other refusal. */
export const codes: ReadonlyArray<{ readonly code: string; readonly when: string }> = [
  { code: "ERR", when: "the request is malformed or cannot be executed; the message says why" },
  { code: "WRONGTYPE", when: "the key holds a value of another type" },
  { code: "NOAUTH", when: "the connection has to authenticate first" },
  { code: "WRONGPASS", when: "the user name or password is wrong" },
  { code: "NOPERM", when: "the user may not run the command or touch the key" },
  { code: "NOPROTO", when: "HELLO asks for a protocol version other than 2 or 3" },
  { code: "EXECABORT", when: "a command of the transaction was refused when it was queued" },
  { code: "OOM", when: "maxmemory or sm-max-store-bytes is exceeded" },
  { code: "LIMIT", when: "a user is beyond sm-user-limits" },
  { code: "MISCONF", when: "the store cannot write; nothing was changed" },
  { code: "LOADING", when: "the store is being opened" },
  {
    code: "TRYAGAIN",
    when: "the store, which is a database, cannot be read at the moment, and nothing was done; or a change of definitions or libraries is not in effect in all partitions of the cluster",
  },
  { code: "DENIED", when: "protected mode refuses a connection from another machine" },
  { code: "MOVED", when: "another server of the cluster owns the key; it is named with its slot" },
  { code: "ASK", when: "as MOVED, to a connection that has said READONLY: for this request alone" },
  { code: "CROSSSLOT", when: "the keys of a request to a cluster are in several slots" },
  { code: "CLUSTERDOWN", when: "no server of the cluster owns the key at the moment" },
  { code: "NOGROUP", when: "the stream or its consumer group does not exist" },
  { code: "BUSYGROUP", when: "XGROUP CREATE finds a group of that name" },
  { code: "INVALIDOBJ", when: "the string under the key is a HyperLogLog that is damaged" },
  { code: "NOSCRIPT", when: "EVALSHA names a script that the server does not have" },
  { code: "NOTBUSY", when: "SCRIPT KILL or FUNCTION KILL finds no script that runs" },
  {
    code: "UNBLOCKED",
    when: "the wait of a blocking command was ended by CLIENT UNBLOCK, or because the server of a cluster is no longer the owner",
  },
  { code: "BUSYKEY", when: "RESTORE without REPLACE finds the key in use, or RENAME one that a child needs" },
  { code: "Existing", when: "sm-compat module: the key holds a value of another type" },
  { code: "Invaild", when: "sm-compat module: the transition or the option is not allowed" },
  { code: "DEFEXISTS", when: "SM.DEF CREATE finds another document under the same name and version" },
  {
    code: "DEFINUSE",
    when: "SM.DEF DEL finds machines that are pinned to the definition, or definitions that name it",
  },
  { code: "INVALIDDEF", when: "a definition does not compile" },
  { code: "NODEF", when: "there is no such definition" },
  { code: "NOMACHINE", when: "there is no machine under the key" },
  { code: "ILLEGAL", when: "no active state accepts the event" },
  { code: "GUARD", when: "the guards of all transitions for the event are false" },
  { code: "REJECTED", when: "an action of the definition refuses the event" },
  { code: "INVARIANT", when: "the change would break an invariant of the definition" },
  { code: "DUPID", when: "the event id was used for another event or other data" },
  { code: "STRANDED", when: "a migration would leave machines where they do not fit; their number follows" },
  { code: "STALE", when: "the source has already sent an event with this or a higher sequence number" },
  { code: "SUSPENDED", when: "the machine is suspended" },
  { code: "DONE", when: "the machine has reached a top-level final state, or was stopped" },
  { code: "NOSTATE", when: "the machine has no such state" },
  { code: "NOUNDO", when: "SM.UNDO cannot go back that far; the message says what lies in the way" },
  {
    code: "EXECFAIL",
    when: "an action failed or the event caused too many microsteps; all of it was undone",
  },
];

// Any command.

/** An error of no particular code. */
export const err = (text: string) => new ReplyError(`ERR ${text}`);
export const wrongType = () =>
  new ReplyError("WRONGTYPE Operation against a key holding the wrong kind of value");
/** `argument` is as the command's syntax has it. */
export const notUtf8 = (argument: string) => err(`${argument} is not valid UTF-8`);
export const syntaxError = () => err("syntax error");
/** `option` is the word in capitals. */
export const optionTwice = (option: string) => err(`the option ${option} is given twice`);
export const noSuchKey = () => err("no such key");
/** `command` is the lower-case name, for a subcommand "container|name". */
export const wrongNumberOfArguments = (command: string) =>
  err(`wrong number of arguments for '${command}' command`);
/** `args` are the arguments after the name; the text repeats about 128 bytes of them. */
export const unknownCommand = (name: Uint8Array, args: readonly Uint8Array[]) =>
  err(`unknown command '${beginningOf(name)}', with args beginning with: ${beginningOfAll(args)}`);
export const unknownSubcommand = (container: string, name: Uint8Array) =>
  err(`unknown subcommand '${beginningOf(name)}'. Try ${container.toUpperCase()} HELP.`);
/** What containers answer when the subcommand exists and its arguments make no sense. */
export const unknownSubcommandOrArity = (container: string, name: Uint8Array) =>
  err(
    `unknown subcommand or wrong number of arguments for '${beginningOf(name)}'. Try ${container.toUpperCase()} HELP.`,
  );
export const invalidCommand = () => err("Invalid command specified");
export const noKeyArguments = () => err("The command has no key arguments");
export const invalidArgumentCount = () => err("Invalid number of arguments specified for command");
export const invalidArguments = () => err("Invalid arguments specified for command");
export const unknownCategory = (category: Name) => err(`Unknown category '${shown(category)}'`);
/** A bug of ours, told in the log and not to the client. */
export const internalError = () => err("internal error");
export const needsTooMuch = (command: string, bytes: number) =>
  err(
    `'${command}' needs more than ${Math.floor(bytes / 2 ** 20)} MB of the store in memory at once; nothing was done: ask for less with one request`,
  );
export const notReadable = (reason: string) =>
  new ReplyError(`TRYAGAIN the store cannot be read at the moment: ${reason}`);
export const notYetShared = (reason: string) =>
  new ReplyError(`TRYAGAIN ${reason}: send the same request again`);
export const notSharedInside = () =>
  err("Command not allowed inside a transaction or a script: it changes all partitions, send it by itself");

/** The log has the key. */
export const damagedFile = (path: string) =>
  err(
    `the data file '${path}' is damaged: a value in it does not match its checksum; run SM.VERIFY, or start with ` +
      "'detent --verify yes', to see what is damaged, and restore the directory from a backup",
  );

// Numbers and times.

export const notAnInteger = () => err("value is not an integer or out of range");
export const notAFloat = () => err("value is not a valid float");
export const outOfRange = () => err("value is out of range");
export const notPositive = () => err("value is out of range, must be positive");
export const notBetween = (min: number | bigint, max: number | bigint) =>
  err(`value is out of range, value must between ${min} and ${max}`);
export const incrementOverflow = () => err("increment or decrement would overflow");
export const decrementOverflow = () => err("decrement would overflow");
export const incrementNotFinite = () => err("increment would produce NaN or Infinity");
export const notFinite = () => err("value is NaN or Infinity");
export const keyCountNotPositive = () => err("numkeys should be greater than 0");
export const keyCountTooHigh = () => err("Number of keys can't be greater than number of args");
export const limitNegative = () => err("LIMIT can't be negative");
export const countNotAboveZero = () => err("count should be greater than 0");
export const indexOutOfRange = () => err("index out of range");
export const rankZero = () =>
  err(
    "RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from " +
      "the end of the list",
  );
export const optionNegative = (option: "COUNT" | "MAXLEN") => err(`${option} can't be negative`);
export const limitOfPlaces = () =>
  err("syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
export const scoresOfTexts = () => err("syntax error, WITHSCORES not supported in combination with BYLEX");
export const rangeNotFloat = () => err("min or max is not a float");
export const rangeNotText = () => err("min or max not valid string range item");
export const existingAndNew = () => err("XX and NX options at the same time are not compatible");
export const scoreConditions = () => err("GT, LT, and/or NX options at the same time are not compatible");
export const severalIncrements = () => err("INCR option supports a single increment-element pair");
export const scoreNotANumber = () => err("resulting score is not a number (NaN)");
export const weightNotFloat = () => err("weight value is not a float");
/** `command` is the lower-case name. */
export const noInputKeys = (command: string) =>
  err(`at least 1 input key is needed for '${command}' command`);
export const sortOptionDenied = (option: "BY" | "GET") =>
  err(`${option} option of SORT denied due to insufficient ACL permissions.`);
export const scoreNotConverted = () => err("One or more scores can't be converted into double");
export const hashValueNotAnInteger = () => err("hash value is not an integer");
export const hashValueNotAFloat = () => err("hash value is not a float");
export const offsetOutOfRange = () => err("offset is out of range");
export const notAHyperLogLog = () => new ReplyError("WRONGTYPE Key is not a valid HyperLogLog string value.");
export const noSuchHyperLogLog = () => err("The specified key does not exist");
export const notSparse = () => err("HLL encoding is not sparse");
export const unknownPfdebug = (subcommand: Name) => err(`Unknown PFDEBUG subcommand '${shown(subcommand)}'`);
export const corruptedHyperLogLog = () => new ReplyError("INVALIDOBJ Corrupted HLL object detected");
export const bitOffsetNotAnInteger = () => err("bit offset is not an integer or out of range");
export const bitNotAnInteger = () => err("bit is not an integer or out of range");
export const bitNeitherZeroNorOne = () => err("The bit argument must be 1 or 0.");
export const bitopNotNeedsOneSource = () => err("BITOP NOT must be called with a single source key.");
export const invalidBitfieldType = () =>
  err("Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.");
export const invalidOverflowType = () => err("Invalid OVERFLOW type specified");
export const bitfieldReadOnly = () => err("BITFIELD_RO only supports the GET subcommand");
export const stringTooLong = () => err("string exceeds maximum allowed size (proto-max-bulk-len)");
/** `command` is the lower-case name. */
export const invalidExpireTime = (command: string) => err(`invalid expire time in '${command}' command`);
export const lcsNeedsStrings = () => err("The specified keys must contain string values");
export const lcsLengthOrRanges = () => err("If you want both the length and indexes, please just use IDX.");
export const lcsTooLarge = () =>
  err("Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
export const invalidCursor = () => err("invalid cursor");
export const timeoutNotANumber = () => err("timeout is not a float or out of range");
export const timeoutNegative = () => err("timeout is negative");

// Keys and databases.

export const databaseOutOfRange = () => err("DB index is out of range");
export const invalidFirstDatabase = () => err("invalid first DB index");
export const invalidSecondDatabase = () => err("invalid second DB index");
export const sameObject = () => err("source and destination objects are the same");
export const busyKey = () => new ReplyError("BUSYKEY Target key name already exists.");
/** A key that belongs to another: it cannot go or expire alone. */
export const livesWithParent = () =>
  err("this key is a child: it expires, moves and is renamed only with its parent");
export const cannotHaveChildren = () =>
  err("an empty key, or one with a } and no hash tag, cannot have children; write a tag, as in {order:7}");
export const machineStopped = () => new ReplyError("DONE the machine was stopped by the one it belongs to");
export const badDump = () => err("DUMP payload version or checksum are wrong");
export const badDumpFormat = () => err("Bad data format");
export const invalidTtl = () => err("Invalid TTL value, must be >= 0");
export const invalidIdleTime = () => err("Invalid IDLETIME value, must be >= 0");
export const invalidFrequency = () => err("Invalid FREQ value, must be >= 0 and <= 255");
const SWITCHING_TAKES_TIME =
  "Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.";
export const idleTimeNotTracked = () =>
  err(`An LFU maxmemory policy is selected, idle time not tracked. ${SWITCHING_TAKES_TIME}`);
export const frequencyNotTracked = () =>
  err(`An LFU maxmemory policy is not selected, access frequency not tracked. ${SWITCHING_TAKES_TIME}`);
export const expireNxWithOthers = () =>
  err("NX and XX, GT or LT options at the same time are not compatible");
export const expireGtWithLt = () => err("GT and LT options at the same time are not compatible");
export const unsupportedOption = (option: Name) => err(`Unsupported option ${shown(option)}`);

// Connections.

export const noAuth = () => new ReplyError("NOAUTH Authentication required.");
export const helloNeedsAuth = () =>
  new ReplyError(
    "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> " +
      "option can be used to authenticate the client and select the RESP protocol version at the same time",
  );
export const wrongPassword = () =>
  new ReplyError("WRONGPASS invalid username-password pair or user is disabled.");
export const authWithoutPassword = () =>
  err(
    "AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?",
  );
export const noProtocol = () => new ReplyError("NOPROTO unsupported protocol version");
export const protocolNotAnInteger = () => err("Protocol version is not an integer or out of range");
export const helloSyntax = (option: Name) => err(`Syntax error in HELLO option '${shown(option)}'`);
export const invalidClientName = () =>
  err("Client names cannot contain spaces, newlines or special characters.");
export const noSuchClient = () => err("No such client");
export const noSuchUser = (user: Name) => err(`No such user '${shown(user)}'`);
export const unknownClientType = (type: Name) => err(`Unknown client type '${shown(type)}'`);
export const invalidClientId = () => err("Invalid client ID");
export const clientIdNotPositive = () => err("client-id should be greater than 0");
export const unknownClientAttribute = (name: Name) => err(`Unrecognized option '${shown(name)}'`);
export const invalidClientAttribute = (name: Name) =>
  err(`${shown(name)} cannot contain spaces, newlines or special characters.`);
export const invalidUnblockReason = () => err("CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
export const unknownPauseMode = () => err("CLIENT PAUSE mode must be WRITE or ALL");
export const tooManyClients = () => err("max number of clients reached");
export const loading = () => new ReplyError("LOADING Redis is loading the dataset in memory");
/** `reason` is a sentence without its full stop. */
export const saveInProgress = () => new ReplyError("ERR Background save already in progress");
export const saveFailed = (reason: string) => new ReplyError(`ERR the backup was not made: ${reason}`);
export const misconf = (reason: string) => new ReplyError(`MISCONF ${reason}`);
export const noPermissionCommand = (user: Name, command: Name) =>
  new ReplyError(`NOPERM User ${shown(user)} has no permissions to run the '${shown(command)}' command`);
export const noPermissionKey = () => new ReplyError("NOPERM No permissions to access a key");
export const noPermissionChannel = () => new ReplyError("NOPERM No permissions to access a channel");
export const noPermissionDefinition = () => new ReplyError("NOPERM No permissions to use a definition");
/** `reason` says what the user, since the request was queued, may no longer do. */
export const permissionsChanged = (reason: string) =>
  new ReplyError(
    "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is " +
      `no longer allowed for the following reason: ${reason}`,
  );
/** Redis' text, as its users know and search for it. */
export const deniedByProtectedMode = () =>
  new ReplyError(
    "DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the " +
      "default user. In this mode connections are only accepted from the loopback interface. If you want to connect " +
      "from external computers to Redis you may adopt one of the following solutions: 1) Just disable protected mode " +
      "sending the command 'CONFIG SET protected-mode no' from the loopback interface by connecting to Redis from the " +
      "same host the server is running, however MAKE SURE Redis is not publicly accessible from internet if you do " +
      "so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable the protected mode " +
      "by editing the Redis configuration file, and setting the protected mode option to 'no', and then restarting " +
      "the server. 3) If you started the server manually just for testing, restart it with the '--protected-mode no' " +
      "option. 4) Setup a an authentication password for the default user. NOTE: You only need to do one of the above " +
      "things in order for the server to start accepting connections from the outside.",
  );

// Users.

/** `stream` is what `sm-audit-stream` names. */
export const auditBlocked = (stream: Name) =>
  err(
    `the audit stream '${shown(stream)}' cannot be written, for its key holds something else: delete that, or name ` +
      "another stream at the next start",
  );

/** `problem` is one of the texts that the rules of users have for a fault. */
export const userFault = (problem: Name) => err(shown(problem));
export const invalidUserName = () => err("Usernames can't contain spaces or null characters");
export const defaultUserStays = () => err("The 'default' user cannot be removed");
export const userNotFound = (user: Name) => err(`User '${shown(user)}' not found`);
export const commandNotFound = (command: Name) => err(`Command '${shown(command)}' not found`);
export const passwordBits = (max: number) =>
  err(
    `ACL GENPASS argument must be the number of bits for the output password, a positive number up to ${max}`,
  );
/** Redis' text, as its users know and search for it. */
export const withoutAclFile = () =>
  err(
    "This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER " +
      "command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store " +
      "users in the Redis configuration.",
  );
/** `fault` is what the system says. */
export const aclFileNotSaved = (fault: string) => err(`There was an error trying to save the ACLs: ${fault}`);

// The server.

export const slowlogCount = () => err("count should be greater than or equal to -1");
export const noShutdown = () => err("No shutdown in progress.");
export const shutdownFailed = () => err("Errors trying to SHUTDOWN. Check logs.");
export const moduleNotLoaded = () => err("Error loading the extension. Please check the server logs.");
export const noSuchModule = () => err("Error unloading module: no such module with that name");
export const moduleHasTypes = () =>
  err("Error unloading module: the module exports one or more module-side data types, can't unload");
export const debugNotAllowed = () =>
  err(
    'DEBUG command not allowed. If the enable-debug-command option is set to "local", you can run it from a local ' +
      "connection, otherwise you need to set this option in the configuration file, and then restart the server.",
  );

// A cluster.

export const noCluster = () => err("This instance has cluster support disabled");
/** Where the owner of a slot takes requests. */
export const moved = (slot: number, host: string, port: number) =>
  new ReplyError(`MOVED ${slot} ${host}:${port}`);
/** As `moved`, for this request alone. */
export const ask = (slot: number, host: string, port: number) =>
  new ReplyError(`ASK ${slot} ${host}:${port}`);
export const crossSlot = () => new ReplyError("CROSSSLOT Keys in request don't hash to the same slot");
export const slotNotServed = () => new ReplyError("CLUSTERDOWN Hash slot not served");
export const clusterIsDown = () => new ReplyError("CLUSTERDOWN The cluster is down");
/** The wait ends because the server is no longer the owner. */
export const unblockedByRoleChange = () =>
  new ReplyError(
    "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
  );
export const notInClusterMode = (command: "SELECT" | "MOVE" | "SWAPDB") =>
  err(`${command} is not allowed in cluster mode`);
export const copyInClusterMode = () => err("Copying to another database is not allowed in cluster mode");
export const sortOptionInClusterMode = (option: "BY" | "GET") =>
  err(`${option} option of SORT denied in Cluster mode.`);
export const invalidSlot = () => err("Invalid slot");
export const invalidSlotOrCount = () => err("Invalid slot or number of keys");
export const unknownNode = (id: Name) => err(`Unknown node ${shown(id)}`);
export const notAMaster = () => err("The specified node is not a master");
/** What Redis changes by commands and we keep in the database. */
export const clusterIsInDatabase = (subcommand: string) =>
  err(`CLUSTER ${subcommand} is not available: members and owners are what the database of the cluster says`);
export const noManualFailover = () =>
  err("CLUSTER FAILOVER is not available: SHUTDOWN of the owner hands its slots to a standby");
export const scriptNotInCluster = () => err("Can not run script on cluster, 'no-cluster' flag is set.");
export const crossSlotInScript = () =>
  err("Script attempted to access keys that do not hash to the same slot");
export const notLocalInScript = () => err("Script attempted to access a non local key in a cluster node");
export const clusterDownInScript = () =>
  err("Script attempted to execute a command while the cluster is down");

// Scripts.

export const noScript = () => new ReplyError("NOSCRIPT No matching script. Please use EVAL.");
export const notBusy = () => new ReplyError("NOTBUSY No scripts in execution right now.");
export const tooManyKeys = () => err("Number of keys can't be greater than number of args");
export const negativeKeyCount = () => err("Number of keys can't be negative");
export const scriptFlushOption = () => err("SCRIPT FLUSH only support SYNC|ASYNC option");
export const scriptMayWrite = () => err("Can not execute a script with write flag using *_ro command.");
export const scriptsTooLarge = (bytesMax: number) =>
  err(`the scripts that are kept would have more than ${bytesMax} bytes; SCRIPT FLUSH forgets them`);
/** The memory is used up, and the script does not say that it may run then. */
export const scriptNotForLowMemory = () =>
  new ReplyError(
    "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'",
  );
export const badKeyCount = () => err("Bad number of keys provided");
export const functionNotFound = () => err("Function not found");
export const libraryNotFound = () => err("Library not found");
export const libraryExists = (name: Name) => err(`Library '${shown(name)}' already exists`);
export const restoredLibraryExists = (name: Name) => err(`Library ${shown(name)} already exists`);
export const functionExists = (name: Name) => err(`Function ${shown(name)} already exists`);
export const noFunctions = () => err("No functions registered");
/** Its code registers another set of functions than when it was loaded. */
export const functionNotRegistered = (library: Name, name: Name) =>
  err(`the library '${shown(library)}' does not register the function '${shown(name)}': load it again`);
export const librariesTooLarge = (bytesMax: number) =>
  err(`the libraries would have more than ${bytesMax} bytes; FUNCTION DELETE removes one`);
export const functionFlushOption = () => err("FUNCTION FLUSH only supports SYNC|ASYNC option");
export const functionLoadOption = (option: Name) => err(`Unknown option given: ${shown(option)}`);
export const functionListArgument = (word: Name) => err(`Unknown argument ${shown(word)}`);
export const libraryNameNotGiven = () => err("library name argument was not given");
export const restorePolicy = () =>
  err("Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.");
export const notALibrary = () => err("given type is not a function");
export const libraryPayload = () => err("failed loading the given functions payload");
// What redis.call raises for a command that may not run.
export const unknownCommandInScript = () => err("Unknown Redis command called from script");
export const wrongArgumentsInScript = () => err("Wrong number of args calling Redis command from script");
export const notInScripts = () => err("This Redis command is not allowed from script");
export const writeInReadOnlyScript = () => err("Write commands are not allowed from read-only scripts.");
/** Why the user may not run a command that a script runs. */
export const deniedInScript = (reason: "command" | "key" | "channel" | "definition") =>
  err(`The user executing the script can't ${DENIED_IN_SCRIPT[reason]}`);
const DENIED_IN_SCRIPT = {
  command: "run this command or subcommand",
  key: "access at least one of the keys mentioned in the command arguments",
  channel: "publish to the channel mentioned in the command",
  definition: "use the definition mentioned in the command",
};
/** `command` is the lower-case name. */
export const blockInScript = (command: string) =>
  err(`${command} command is not allowed with BLOCK option from scripts`);

// Places.

export const invalidPosition = (longitude: string, latitude: string) =>
  err(`invalid longitude,latitude pair ${longitude},${latitude}`);
export const unknownUnit = () => err("unsupported unit provided. please use M, KM, FT, MI");
export const lengthNotANumber = (name: "radius" | "width" | "height") => err(`need numeric ${name}`);
export const negativeRadius = () => err("radius cannot be negative");
export const negativeSides = () => err("height or width cannot be negative");
export const noSuchPlace = () => err("could not decode requested zset member");
export const geoCount = () => err("COUNT must be > 0");
export const anyWithoutCount = () => err("the ANY argument requires COUNT argument");
export const storesAndShows = (what: string) =>
  err(`${what} is not compatible with WITHDIST, WITHHASH and WITHCOORD options`);
/** `command` is the name as it was given. */
export const exactlyOne = (options: string, command: Name) =>
  err(`exactly one of ${options} specified for ${shown(command)}`);

// Transactions.

export const execAborted = () =>
  new ReplyError("EXECABORT Transaction discarded because of previous errors.");
/** An EXEC that was refused itself. */
export const execAbortedBecause = ({ message }: ReplyError) =>
  new ReplyError(`EXECABORT Transaction discarded because of: ${message.replace(/^ERR /, "")}`);
/** EXEC or DISCARD where no MULTI was. */
export const withoutMulti = (command: "EXEC" | "DISCARD") => err(`${command} without MULTI`);
export const nestedMulti = () => err("MULTI calls can not be nested");
export const watchInMulti = () => err("WATCH inside MULTI is not allowed");
export const noLatencySamples = (event: Name) => err(`No samples available for event '${shown(event)}'`);
export const monitorNotAllowed = () => err("MONITOR isn't allowed for DENY BLOCKING client");
/** To Redis a client that monitors is a replica. */
export const notForMonitors = () => err("Replica can't interact with the keyspace");
export const outOfMemory = () => new ReplyError("OOM command not allowed when used memory > 'maxmemory'.");
export const storeIsFull = () =>
  new ReplyError("OOM command not allowed when the store holds more than 'sm-max-store-bytes'.");
/** A user has as many of them as `sm-user-limits` gives it. */
export const tooManyRequests = (user: Name, requestsPerSecond: number) =>
  new ReplyError(
    `LIMIT user '${shown(user)}' may send ${requestsPerSecond} requests a second: wait and try again`,
  );
export const tooManyConnections = (user: Name) =>
  new ReplyError(`LIMIT user '${shown(user)}' has as many connections as it may: close one of them`);
export const notInMulti = () => err("Command not allowed inside a transaction");
/** `argument` is a directive, as the client has written it. */
export const notWithinMulti = (argument: string) =>
  err(
    `CONFIG SET failed (possibly related to argument '${argument}') - listening sockets do not change inside a transaction: set it by itself`,
  );

// Streams.

export const invalidStreamId = () => err("Invalid stream ID specified as stream command argument");
export const invalidIntervalStart = () => err("invalid start ID for the interval");
export const invalidIntervalEnd = () => err("invalid end ID for the interval");
export const entryIdZero = () => err("The ID specified in XADD must be greater than 0-0");
export const entryIdTooSmall = () =>
  err("The ID specified in XADD is equal or smaller than the target stream top item");
export const entryIdsExhausted = () =>
  err("The stream has exhausted the last possible ID, unable to add more items");
export const bothTrimStrategies = () =>
  err("syntax error, MAXLEN and MINID options at the same time are not compatible");
export const negativeTrimArgument = (option: "MAXLEN" | "LIMIT") =>
  err(`The ${option} argument must be >= 0.`);
export const limitWithoutStrategy = () =>
  err("syntax error, LIMIT cannot be used without specifying a trimming strategy");
export const limitWithoutApproximation = () =>
  err("syntax error, LIMIT cannot be used without the special ~ option");
export const noTrimStrategy = () => err("syntax error, XTRIM must be called with a trimming strategy");
export const timeoutNotAnInteger = () => err("timeout is not an integer or out of range");
export const timeoutOutOfRange = () => err("timeout is out of range");
/** `command` is the lower-case name. */
export const unbalancedStreams = (command: string, symbol: ">" | "$") =>
  err(`Unbalanced '${command}' list of streams: for each stream key an ID or '${symbol}' must be specified.`);
export const onlyForXreadgroup = (option: "GROUP" | "NOACK") =>
  err(`The ${option} option is only supported by XREADGROUP. You called XREAD instead.`);
export const missingGroup = () => err("Missing GROUP option for XREADGROUP");
export const newEntriesWithoutGroup = () =>
  err("The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.");
export const lastIdInGroup = () =>
  err(
    "The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by " +
      "specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set.",
  );
export const lastEntryInGroup = () =>
  err(
    "The + ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by " +
      "specifying a proper ID, or use the > ID to get new messages. The + ID would just return an empty result set.",
  );
export const noGroupToRead = (key: Name, group: Name) =>
  new ReplyError(
    `NOGROUP No such key '${shown(key)}' or consumer group '${shown(group)}' in XREADGROUP with GROUP option`,
  );
export const noKeyOrGroup = (key: Name, group: Name) =>
  new ReplyError(`NOGROUP No such key '${shown(key)}' or consumer group '${shown(group)}'`);
export const noGroup = (group: Name, key: Name) =>
  new ReplyError(`NOGROUP No such consumer group '${shown(group)}' for key name '${shown(key)}'`);
export const groupExists = () => new ReplyError("BUSYGROUP Consumer Group name already exists");
export const noStreamForGroup = () =>
  err(
    "The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM " +
      "option to create an empty stream automatically.",
  );
export const invalidEntriesRead = () => err("value for ENTRIESREAD must be positive or -1");
/** `option` is "min-idle-time argument", or the name of an option followed by "option argument". */
export const invalidClaimArgument = (option: string) => err(`Invalid ${option} for XCLAIM`);
export const invalidMinIdleForAutoclaim = () => err("Invalid min-idle-time argument for XAUTOCLAIM");
export const countNotPositive = () => err("COUNT must be > 0");
export const unknownClaimOption = (option: Name) => err(`Unrecognized XCLAIM option '${shown(option)}'`);
export const entriesAddedNegative = () => err("entries_added must be positive");
export const lastIdBelowGivenDeleted = () =>
  err("The ID specified in XSETID is smaller than the provided max_deleted_entry_id");
export const lastIdBelowDeleted = () =>
  err("The ID specified in XSETID is smaller than current max_deleted_entry_id");
export const lastIdBelowTop = () =>
  err("The ID specified in XSETID is smaller than the target stream top item");
export const entriesAddedBelowLength = () =>
  err("The entries_added specified in XSETID is smaller than the target stream length");
/** What a waiting command answers when CLIENT UNBLOCK … ERROR ends its wait. */
export const unblocked = () => new ReplyError("UNBLOCKED client unblocked via CLIENT UNBLOCK");

// Definitions.

/** `id` is name:version. */
export const definitionExists = (id: Name) =>
  new ReplyError(`DEFEXISTS definition '${shown(id)}' exists with another document; give a new version`);
export const definitionInUse = (machineCount: number) => new ReplyError(`DEFINUSE ${machineCount}`);
/** `path` is the JSON path of the fault; `problem` says what is wrong and what would be right. */
export const invalidDefinition = (path: string, problem: string) =>
  new ReplyError(`INVALIDDEF ${path}: ${problem}`);
/** Places that an error lists. */
const IMPORT_PLACES_MAX = 20;
/** A text of another language that does not translate: each place with what to write instead. */
export const importRefused = (places: readonly string[]) => {
  const more = places.length - IMPORT_PLACES_MAX;
  const rest = more > 0 ? `; and ${more} more, which CHECK lists` : "";
  return new ReplyError(`INVALIDDEF ${places.slice(0, IMPORT_PLACES_MAX).join("; ")}${rest}`);
};
export const noDefinition = (id: Name, hint?: Name) =>
  new ReplyError(
    `NODEF there is no definition '${shown(id)}'${hint === undefined ? "" : `; did you mean '${shown(hint)}'?`}`,
  );

// Channels.

/** `command` is the lower-case name, for a subcommand "container|name". */
export const notForSubscribers = (command: string) =>
  err(
    `Can't execute '${command}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this ` +
      "context",
  );
export const ssubscribeInMulti = () => err("SSUBSCRIBE isn't allowed for a DENY BLOCKING client");

// Client-side caching.

export const cachingWithoutTracking = () =>
  err(
    "CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled",
  );
export const cachingNeedsMode = (answer: "YES" | "NO", mode: "OPTIN" | "OPTOUT") =>
  err(`CLIENT CACHING ${answer} is only valid when tracking is enabled in ${mode} mode.`);
export const secondRedirect = () => err("A client can only redirect to a single other client");
export const noRedirectTarget = () => err("The client ID you want redirect to does not exist");
export const prefixWithoutBroadcast = () => err("PREFIX option requires BCAST mode to be enabled");
const reenable = "before disabling tracking for this client, and then re-enabling it with a different mode.";
export const broadcastSwitched = () => err(`You can't switch BCAST mode on/off ${reenable}`);
export const optionsSwitched = () => err(`You can't switch OPTIN/OPTOUT mode ${reenable}`);
export const optionsWithBroadcast = () => err("OPTIN and OPTOUT are not compatible with BCAST");
export const optInAndOptOut = () => err("You can't specify both OPTIN mode and OPTOUT mode");
export const prefixOverlapsExisting = (prefix: Name, other: Name) =>
  err(
    `Prefix '${shown(prefix)}' overlaps with an existing prefix '${shown(other)}'. Prefixes for a single client must ` +
      "not overlap.",
  );
export const prefixOverlapsGiven = (prefix: Name, other: Name) =>
  err(
    `Prefix '${shown(prefix)}' overlaps with another provided prefix '${shown(other)}'. Prefixes for a single client ` +
      "must not overlap.",
  );

// Map machines.

/** `path` is a JSON path, `place` line and column; `problem` says what is wrong and what would be right. */
export const invalidMachine = (path: string, place: string, problem: string) =>
  err(`invalid machine at ${path} (${place}): ${problem}`);
// In the words of the module, spelling included, for `sm-compat module`.
export const moduleWrongType = () => new ReplyError("Existing key has wrong Redis type");
export const moduleTransition = () => new ReplyError("Invaild state transition");
export const moduleOption = () => new ReplyError("Invaild command option");

// Machines and events. Each refusal is kept as the outcome of an event that has an id.

export const noMachine = (key: Name) => new ReplyError(`NOMACHINE there is no machine at '${shown(key)}'`);
export type RefusalCode = "ILLEGAL" | "GUARD" | "REJECTED" | "INVARIANT" | "EXECFAIL" | "DONE" | "NOSTATE";

/** A change of a machine that cannot be taken back. */
export const noUndo = (reason: string) => new ReplyError(`NOUNDO ${reason}`);
/** The engine words its refusals; see `refusalOf`. */
export const refused = (code: RefusalCode, reason: string) => new ReplyError(`${code} ${reason}`);
/** Machines that a migration would leave where nothing leads on, or not carry over at all. */
export const stranded = (count: number, example: string) =>
  new ReplyError(`STRANDED ${count} ${count === 1 ? "machine does" : "machines do"} not fit: ${example}`);
export const noMigration = (id: number) => err(`there is no migration ${id}`);
/** One event too many, or too much of it: what the limit is and which directive sets it. */
export const machineLimit = (what: string, max: number, directive: string) =>
  err(`${what}: at most ${max} (${directive})`);
export const duplicateId = (id: Name) =>
  new ReplyError(`DUPID event id '${shown(id)}' was used for another event or other data`);
/** `highest` is the sequence number the source has reached. */
export const stale = (source: Name, given: bigint | number | string, highest: bigint | number | string) =>
  new ReplyError(`STALE source '${shown(source)}' has reached ${highest}; ${given} is not beyond it`);
/** `reason` is what SM.SUSPEND was given, if anything. */
export const suspended = (reason?: Name) =>
  new ReplyError(`SUSPENDED the machine is suspended${reason === undefined ? "" : `: ${shown(reason)}`}`);

/** How many bytes of a request an error repeats. */
const REPEATED_BYTES_MAX = 128;

function shown(name: Name): string {
  return typeof name === "string" ? name : textOf(name);
}

/** The beginning of an argument, up to a zero byte, as C prints it. */
function beginningOf(bytes: Uint8Array, bytesMax: number = REPEATED_BYTES_MAX): string {
  const zero = bytes.indexOf(0);
  return textOf(bytes.subarray(0, Math.min(zero < 0 ? bytes.length : zero, bytesMax)));
}

function beginningOfAll(args: readonly Uint8Array[]): string {
  let text = "";
  let length = 0;
  for (const arg of args) {
    if (length >= REPEATED_BYTES_MAX) break;
    const bytesMax = REPEATED_BYTES_MAX - length;
    text += `'${beginningOf(arg, bytesMax)}' `;
    const zero = arg.indexOf(0);
    length += Math.min(zero < 0 ? arg.length : zero, bytesMax) + 3;
  }
  return text;
}
