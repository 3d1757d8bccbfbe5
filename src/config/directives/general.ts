/** The process, its files, its log, access and observation. */
import { directive, IMMUTABLE } from "../directive.ts";
import { bool, choice, integer } from "../scalar-types.ts";
import { commandRenamings, keyspaceEvents, shutdownOptions } from "../structured-types.ts";
import { numberList, path, repeatedLine, text } from "../text-types.ts";

const ANY_WORDS = { min: 1, max: Number.POSITIVE_INFINITY };

const percentiles = numberList({
  syntax: "percentiles 0 to 100",
  min: 0,
  max: 100,
  fault: "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]",
});

export const GENERAL = {
  include: directive(
    repeatedLine("path or glob of files", { min: 1, max: 1 }),
    [],
    "Reads another file at this place; later lines override it.",
    { fileOnly: true },
  ),
  dir: directive(path(), ".", "Folder of the store. It is created if its parent exists.", IMMUTABLE),
  verify: directive(
    bool,
    false,
    "Reads all of the data file at the start and refuses to start when it is damaged. After an unclean end a part is read in any case, for up to two seconds.",
    IMMUTABLE,
  ),
  databases: directive(
    integer({ min: 1, max: 2147483647 }),
    16,
    "Number of databases SELECT can choose from.",
    IMMUTABLE,
  ),
  daemonize: directive(bool, false, "Runs in the background, without a terminal.", IMMUTABLE),
  pidfile: directive(path(), "", "File that holds the process id while the server runs.", IMMUTABLE),
  loglevel: directive(
    choice("debug", "verbose", "notice", "warning"),
    "notice",
    "Least severity that is logged.",
  ),
  "log-format": directive(
    choice("text", "json"),
    "text",
    "Lines as Redis writes them, or one JSON object per line with time, level, pid and message.",
  ),
  logfile: directive(path(), "", "File to log to; empty for standard output.", IMMUTABLE),
  "always-show-logo": directive(
    bool,
    false,
    "Prints the start banner even where standard output is not a terminal.",
    IMMUTABLE,
  ),
  "shutdown-timeout": directive(
    integer({ max: 2147483647, unit: "seconds" }),
    10,
    "Longest time a shutdown waits for replies to be read.",
  ),
  "shutdown-on-sigint": directive(shutdownOptions, [], "How the server shuts down on SIGINT."),
  "shutdown-on-sigterm": directive(shutdownOptions, [], "How the server shuts down on SIGTERM."),
  requirepass: directive(text(), "", "Password of the default user; empty for none.", { sensitive: true }),
  "rename-command": directive(
    commandRenamings,
    [],
    'Gives a command another name, or takes it away with `""`.',
    {
      fileOnly: true,
    },
  ),
  user: directive(
    repeatedLine("name and rules", { min: 1, max: Number.POSITIVE_INFINITY }),
    [],
    "A user and its rules, as ACL SETUSER takes them; one line for each.",
    { fileOnly: true },
  ),
  aclfile: directive(
    path(),
    "",
    "File of users instead of `user` lines, read at the start and by ACL LOAD, written by ACL SAVE.",
    IMMUTABLE,
  ),
  "acllog-max-len": directive(integer(), 128, "Entries of ACL LOG that are kept."),
  "acl-pubsub-default": directive(
    choice("allchannels", "resetchannels"),
    "resetchannels",
    "Which channels a new user has: all, or none.",
  ),
  loadmodule: directive(
    repeatedLine("path and arguments", ANY_WORDS),
    [],
    "Modules cannot be loaded; the state machine commands are built in.",
    { fileOnly: true, noEffect: true },
  ),
  "notify-keyspace-events": directive(
    keyspaceEvents,
    new Set<string>(),
    "Classes of changes published as keyspace (`K`) and keyevent (`E`) notifications.",
  ),
  "slowlog-log-slower-than": directive(
    integer({ min: -1, unit: "microseconds" }),
    10000,
    "Commands that take longer enter the slow log; -1 logs none, 0 all.",
  ),
  "slowlog-max-len": directive(integer(), 128, "Entries the slow log keeps."),
  "latency-monitor-threshold": directive(
    integer({ unit: "milliseconds" }),
    0,
    "Events that take at least this long are kept for LATENCY; 0 turns it off.",
  ),
  "latency-tracking": directive(
    bool,
    true,
    "Keeps a latency histogram for each command: LATENCY HISTOGRAM, INFO latencystats, and the durations of commands in /metrics.",
  ),
  "latency-tracking-info-percentiles": directive(
    percentiles,
    [50, 99, 99.9],
    "Percentiles that INFO latencystats shows.",
  ),
};
