import { describe, expect, it } from "vitest";
import * as errors from "../../src/protocol/errors.ts";
import { ReplyError } from "../../src/protocol/reply-error.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");

/** Builders and their texts; errors tested with their command need no row. Those that Redis has are as redis-server 7.0.15 sends them, NOPERM as 7.2 does. */
const CASES: ReadonlyArray<readonly [name: string, error: ReplyError, message: string]> = [
  ["err", errors.err("no luck"), "ERR no luck"],
  ["wrongType", errors.wrongType(), "WRONGTYPE Operation against a key holding the wrong kind of value"],
  ["noSuchUser", errors.noSuchUser("eve"), "ERR No such user 'eve'"],
  ["unknownClientType", errors.unknownClientType(bytes("odd")), "ERR Unknown client type 'odd'"],
  ["invalidClientId", errors.invalidClientId(), "ERR Invalid client ID"],
  ["clientIdNotPositive", errors.clientIdNotPositive(), "ERR client-id should be greater than 0"],
  ["unknownClientAttribute", errors.unknownClientAttribute(bytes("LIB")), "ERR Unrecognized option 'LIB'"],
  [
    "invalidClientAttribute",
    errors.invalidClientAttribute(bytes("lib-ver")),
    "ERR lib-ver cannot contain spaces, newlines or special characters.",
  ],
  ["unknownPauseMode", errors.unknownPauseMode(), "ERR CLIENT PAUSE mode must be WRITE or ALL"],
  ["slowlogCount", errors.slowlogCount(), "ERR count should be greater than or equal to -1"],
  ["noShutdown", errors.noShutdown(), "ERR No shutdown in progress."],
  ["shutdownFailed", errors.shutdownFailed(), "ERR Errors trying to SHUTDOWN. Check logs."],
  [
    "moduleNotLoaded",
    errors.moduleNotLoaded(),
    "ERR Error loading the extension. Please check the server logs.",
  ],
  ["noSuchModule", errors.noSuchModule(), "ERR Error unloading module: no such module with that name"],
  [
    "moduleHasTypes",
    errors.moduleHasTypes(),
    "ERR Error unloading module: the module exports one or more module-side data types, can't unload",
  ],
  [
    "debugNotAllowed",
    errors.debugNotAllowed(),
    'ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", you can run it from a ' +
      "local connection, otherwise you need to set this option in the configuration file, and then restart the server.",
  ],
  [
    "execAbortedBecause",
    errors.execAbortedBecause(errors.syntaxError()),
    "EXECABORT Transaction discarded because of: syntax error",
  ],
  ["syntaxError", errors.syntaxError(), "ERR syntax error"],
  ["noSuchKey", errors.noSuchKey(), "ERR no such key"],
  [
    "wrongNumberOfArguments",
    errors.wrongNumberOfArguments("config|get"),
    "ERR wrong number of arguments for 'config|get' command",
  ],
  [
    "unknownCommand",
    errors.unknownCommand(bytes("FOO"), [bytes("bar"), bytes("baz")]),
    "ERR unknown command 'FOO', with args beginning with: 'bar' 'baz' ",
  ],
  [
    "unknownSubcommand",
    errors.unknownSubcommand("client", bytes("NOPE")),
    "ERR unknown subcommand 'NOPE'. Try CLIENT HELP.",
  ],
  [
    "unknownSubcommandOrArity",
    errors.unknownSubcommandOrArity("object", bytes("freq")),
    "ERR unknown subcommand or wrong number of arguments for 'freq'. Try OBJECT HELP.",
  ],
  ["invalidCommand", errors.invalidCommand(), "ERR Invalid command specified"],
  ["noKeyArguments", errors.noKeyArguments(), "ERR The command has no key arguments"],
  [
    "invalidArgumentCount",
    errors.invalidArgumentCount(),
    "ERR Invalid number of arguments specified for command",
  ],
  ["invalidArguments", errors.invalidArguments(), "ERR Invalid arguments specified for command"],
  ["unknownCategory", errors.unknownCategory("x"), "ERR Unknown category 'x'"],
  ["internalError", errors.internalError(), "ERR internal error"],
  [
    "damagedFile",
    errors.damagedFile("/data/data.mdb"),
    "ERR the data file '/data/data.mdb' is damaged: a value in it does not match its checksum; run SM.VERIFY, or " +
      "start with 'detent --verify yes', to see what is damaged, and restore the directory from a backup",
  ],
  ["notAnInteger", errors.notAnInteger(), "ERR value is not an integer or out of range"],
  ["notAFloat", errors.notAFloat(), "ERR value is not a valid float"],
  ["outOfRange", errors.outOfRange(), "ERR value is out of range"],
  ["notPositive", errors.notPositive(), "ERR value is out of range, must be positive"],
  ["notBetween", errors.notBetween(0, 9), "ERR value is out of range, value must between 0 and 9"],
  ["incrementOverflow", errors.incrementOverflow(), "ERR increment or decrement would overflow"],
  ["decrementOverflow", errors.decrementOverflow(), "ERR decrement would overflow"],
  ["incrementNotFinite", errors.incrementNotFinite(), "ERR increment would produce NaN or Infinity"],
  ["offsetOutOfRange", errors.offsetOutOfRange(), "ERR offset is out of range"],
  ["stringTooLong", errors.stringTooLong(), "ERR string exceeds maximum allowed size (proto-max-bulk-len)"],
  ["invalidExpireTime", errors.invalidExpireTime("set"), "ERR invalid expire time in 'set' command"],
  ["invalidCursor", errors.invalidCursor(), "ERR invalid cursor"],
  ["timeoutNotANumber", errors.timeoutNotANumber(), "ERR timeout is not a float or out of range"],
  ["timeoutNegative", errors.timeoutNegative(), "ERR timeout is negative"],
  ["databaseOutOfRange", errors.databaseOutOfRange(), "ERR DB index is out of range"],
  ["invalidFirstDatabase", errors.invalidFirstDatabase(), "ERR invalid first DB index"],
  ["invalidSecondDatabase", errors.invalidSecondDatabase(), "ERR invalid second DB index"],
  ["sameObject", errors.sameObject(), "ERR source and destination objects are the same"],
  ["busyKey", errors.busyKey(), "BUSYKEY Target key name already exists."],
  ["badDump", errors.badDump(), "ERR DUMP payload version or checksum are wrong"],
  ["badDumpFormat", errors.badDumpFormat(), "ERR Bad data format"],
  ["invalidTtl", errors.invalidTtl(), "ERR Invalid TTL value, must be >= 0"],
  ["invalidIdleTime", errors.invalidIdleTime(), "ERR Invalid IDLETIME value, must be >= 0"],
  ["invalidFrequency", errors.invalidFrequency(), "ERR Invalid FREQ value, must be >= 0 and <= 255"],
  [
    "expireNxWithOthers",
    errors.expireNxWithOthers(),
    "ERR NX and XX, GT or LT options at the same time are not compatible",
  ],
  ["expireGtWithLt", errors.expireGtWithLt(), "ERR GT and LT options at the same time are not compatible"],
  ["unsupportedOption", errors.unsupportedOption("FOO"), "ERR Unsupported option FOO"],
  ["noAuth", errors.noAuth(), "NOAUTH Authentication required."],
  [
    "helloNeedsAuth",
    errors.helloNeedsAuth(),
    "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time",
  ],
  ["wrongPassword", errors.wrongPassword(), "WRONGPASS invalid username-password pair or user is disabled."],
  [
    "authWithoutPassword",
    errors.authWithoutPassword(),
    "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?",
  ],
  ["noProtocol", errors.noProtocol(), "NOPROTO unsupported protocol version"],
  [
    "protocolNotAnInteger",
    errors.protocolNotAnInteger(),
    "ERR Protocol version is not an integer or out of range",
  ],
  ["helloSyntax", errors.helloSyntax(bytes("FOO")), "ERR Syntax error in HELLO option 'FOO'"],
  [
    "invalidClientName",
    errors.invalidClientName(),
    "ERR Client names cannot contain spaces, newlines or special characters.",
  ],
  ["noSuchClient", errors.noSuchClient(), "ERR No such client"],
  ["tooManyClients", errors.tooManyClients(), "ERR max number of clients reached"],
  ["loading", errors.loading(), "LOADING Redis is loading the dataset in memory"],
  ["misconf", errors.misconf("disk full"), "MISCONF disk full"],
  [
    "noPermissionCommand",
    errors.noPermissionCommand("ann", "get"),
    "NOPERM User ann has no permissions to run the 'get' command",
  ],
  ["noPermissionKey", errors.noPermissionKey(), "NOPERM No permissions to access a key"],
  ["noPermissionChannel", errors.noPermissionChannel(), "NOPERM No permissions to access a channel"],
  ["execAborted", errors.execAborted(), "EXECABORT Transaction discarded because of previous errors."],
  ["withoutMulti", errors.withoutMulti("EXEC"), "ERR EXEC without MULTI"],
  ["nestedMulti", errors.nestedMulti(), "ERR MULTI calls can not be nested"],
  ["watchInMulti", errors.watchInMulti(), "ERR WATCH inside MULTI is not allowed"],
  ["notInMulti", errors.notInMulti(), "ERR Command not allowed inside a transaction"],
  [
    "definitionExists",
    errors.definitionExists("order:v1"),
    "DEFEXISTS definition 'order:v1' exists with another document; give a new version",
  ],
  ["definitionInUse", errors.definitionInUse(3), "DEFINUSE 3"],
  [
    "invalidDefinition",
    errors.invalidDefinition("$.initial", "there is no state 'x'"),
    "INVALIDDEF $.initial: there is no state 'x'",
  ],
  ["noDefinition", errors.noDefinition("order"), "NODEF there is no definition 'order'"],
  [
    "invalidMachine",
    errors.invalidMachine("$.map", "line 1, column 9", "not an object"),
    "ERR invalid machine at $.map (line 1, column 9): not an object",
  ],
  ["moduleWrongType", errors.moduleWrongType(), "Existing key has wrong Redis type"],
  ["moduleTransition", errors.moduleTransition(), "Invaild state transition"],
  ["moduleOption", errors.moduleOption(), "Invaild command option"],
  ["noMachine", errors.noMachine(bytes("k\xff")), "NOMACHINE there is no machine at 'k\udcff'"],
  [
    "refused",
    errors.refused("ILLEGAL", "event 'A' is not accepted in 'b'; accepted: C"),
    "ILLEGAL event 'A' is not accepted in 'b'; accepted: C",
  ],
  [
    "machineLimit",
    errors.machineLimit("too many sources", 10, "sm-sources-max"),
    "ERR too many sources: at most 10 (sm-sources-max)",
  ],
  ["duplicateId", errors.duplicateId("e1"), "DUPID event id 'e1' was used for another event or other data"],
  ["stale", errors.stale("s", 3, 5), "STALE source 's' has reached 5; 3 is not beyond it"],
  ["suspended", errors.suspended(), "SUSPENDED the machine is suspended"],
  ["invalidStreamId", errors.invalidStreamId(), "ERR Invalid stream ID specified as stream command argument"],
  ["invalidIntervalStart", errors.invalidIntervalStart(), "ERR invalid start ID for the interval"],
  ["invalidIntervalEnd", errors.invalidIntervalEnd(), "ERR invalid end ID for the interval"],
  ["entryIdZero", errors.entryIdZero(), "ERR The ID specified in XADD must be greater than 0-0"],
  [
    "entryIdTooSmall",
    errors.entryIdTooSmall(),
    "ERR The ID specified in XADD is equal or smaller than the target stream top item",
  ],
  [
    "entryIdsExhausted",
    errors.entryIdsExhausted(),
    "ERR The stream has exhausted the last possible ID, unable to add more items",
  ],
  [
    "bothTrimStrategies",
    errors.bothTrimStrategies(),
    "ERR syntax error, MAXLEN and MINID options at the same time are not compatible",
  ],
  ["negativeTrimArgument", errors.negativeTrimArgument("MAXLEN"), "ERR The MAXLEN argument must be >= 0."],
  [
    "limitWithoutStrategy",
    errors.limitWithoutStrategy(),
    "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy",
  ],
  [
    "limitWithoutApproximation",
    errors.limitWithoutApproximation(),
    "ERR syntax error, LIMIT cannot be used without the special ~ option",
  ],
  [
    "noTrimStrategy",
    errors.noTrimStrategy(),
    "ERR syntax error, XTRIM must be called with a trimming strategy",
  ],
  ["timeoutNotAnInteger", errors.timeoutNotAnInteger(), "ERR timeout is not an integer or out of range"],
  ["timeoutOutOfRange", errors.timeoutOutOfRange(), "ERR timeout is out of range"],
  [
    "unbalancedStreams",
    errors.unbalancedStreams("xread", "$"),
    "ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be specified.",
  ],
  [
    "onlyForXreadgroup",
    errors.onlyForXreadgroup("GROUP"),
    "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.",
  ],
  ["missingGroup", errors.missingGroup(), "ERR Missing GROUP option for XREADGROUP"],
  [
    "newEntriesWithoutGroup",
    errors.newEntriesWithoutGroup(),
    "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.",
  ],
  [
    "lastIdInGroup",
    errors.lastIdInGroup(),
    "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set.",
  ],
  [
    "lastEntryInGroup",
    errors.lastEntryInGroup(),
    "ERR The + ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The + ID would just return an empty result set.",
  ],
  [
    "noGroupToRead",
    errors.noGroupToRead("k", "g"),
    "NOGROUP No such key 'k' or consumer group 'g' in XREADGROUP with GROUP option",
  ],
  ["noKeyOrGroup", errors.noKeyOrGroup("k", "g"), "NOGROUP No such key 'k' or consumer group 'g'"],
  ["noGroup", errors.noGroup("g", "k"), "NOGROUP No such consumer group 'g' for key name 'k'"],
  ["groupExists", errors.groupExists(), "BUSYGROUP Consumer Group name already exists"],
  [
    "noStreamForGroup",
    errors.noStreamForGroup(),
    "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.",
  ],
  ["invalidEntriesRead", errors.invalidEntriesRead(), "ERR value for ENTRIESREAD must be positive or -1"],
  [
    "invalidClaimArgument",
    errors.invalidClaimArgument("min-idle-time argument"),
    "ERR Invalid min-idle-time argument for XCLAIM",
  ],
  [
    "invalidMinIdleForAutoclaim",
    errors.invalidMinIdleForAutoclaim(),
    "ERR Invalid min-idle-time argument for XAUTOCLAIM",
  ],
  ["countNotPositive", errors.countNotPositive(), "ERR COUNT must be > 0"],
  ["unknownClaimOption", errors.unknownClaimOption("x"), "ERR Unrecognized XCLAIM option 'x'"],
  ["entriesAddedNegative", errors.entriesAddedNegative(), "ERR entries_added must be positive"],
  [
    "lastIdBelowGivenDeleted",
    errors.lastIdBelowGivenDeleted(),
    "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id",
  ],
  [
    "lastIdBelowDeleted",
    errors.lastIdBelowDeleted(),
    "ERR The ID specified in XSETID is smaller than current max_deleted_entry_id",
  ],
  [
    "lastIdBelowTop",
    errors.lastIdBelowTop(),
    "ERR The ID specified in XSETID is smaller than the target stream top item",
  ],
  [
    "entriesAddedBelowLength",
    errors.entriesAddedBelowLength(),
    "ERR The entries_added specified in XSETID is smaller than the target stream length",
  ],
  ["unblocked", errors.unblocked(), "UNBLOCKED client unblocked via CLIENT UNBLOCK"],
];

describe("errors", () => {
  it.each(CASES)("%s() makes its text", (_name, error, message) => {
    expect(error).toBeInstanceOf(ReplyError);
    expect(error.message).toBe(message);
  });

  it("suspended() repeats the reason", () => {
    expect(errors.suspended("audit").message).toBe("SUSPENDED the machine is suspended: audit");
  });

  it("deniedByProtectedMode() says what to do", () => {
    const { code, message } = errors.deniedByProtectedMode();
    expect(code).toBe("DENIED");
    expect(message).toContain("CONFIG SET protected-mode no");
    expect(message).not.toMatch(/[\r\n]/);
  });

  it("codes lists each code once, and those of all errors above", () => {
    const listed = errors.codes.map(({ code }) => code);
    expect(new Set(listed).size).toBe(listed.length);
    expect(listed).toEqual(expect.arrayContaining(CASES.map(([, error]) => error.code)));
    expect(errors.codes.every(({ when }) => when.length > 0)).toBe(true);
  });

  it.each<[string, string[], string]>([
    ["XX", ["a".repeat(200)], `'${"a".repeat(128)}' `],
    ["XX", ["a".repeat(60), "b".repeat(60), "ccc", "d"], `'${"a".repeat(60)}' '${"b".repeat(60)}' 'cc' `],
    ["XX", ["a".repeat(122), "b"], `'${"a".repeat(122)}' 'b' `],
    ["XX", ["a".repeat(125), "b", "c"], `'${"a".repeat(125)}' `],
    ["X\0Y", ["a\0b"], "'a' "],
    ["\x80\xff", ["\xfe"], "'\udcfe' "],
    ["é", [], ""],
  ])("unknownCommand() of %j repeats about 128 bytes of the arguments", (name, args, shown) => {
    const { message } = errors.unknownCommand(bytes(name), args.map(bytes));
    expect(message.slice(message.indexOf(": ") + 2)).toBe(shown);
  });

  it("unknownCommand() repeats 128 bytes of the name", () => {
    const { message } = errors.unknownCommand(bytes("X".repeat(200)), []);
    expect(message).toBe(`ERR unknown command '${"X".repeat(128)}', with args beginning with: `);
  });

  it("code is the whole message when that is one word", () => {
    expect(new ReplyError("SUSPENDED").code).toBe("SUSPENDED");
  });
});
