/** Listeners, connections and what a client may occupy. */
import { directive, IMMUTABLE } from "../directive.ts";
import { bool, choice, integer, memory, octal } from "../scalar-types.ts";
import { outputBufferLimits } from "../structured-types.ts";
import { path, wordList } from "../text-types.ts";

const BIND_MAX = 16;

const bindAddresses = wordList("addresses, `*` for all; `-` before one that may be missing", (words) =>
  words.length > BIND_MAX ? "Too many bind addresses specified." : undefined,
);

export const NETWORK = {
  bind: directive(bindAddresses, ["*", "-::*"], "Addresses to listen on.", { rebinds: true }),
  port: directive(integer({ max: 65535 }), 6379, "TCP port to listen on; 0 listens on none.", {
    rebinds: true,
  }),
  "protected-mode": directive(
    bool,
    true,
    "Refuses clients from other hosts while the default user has no password. In the container image the default is `no`.",
  ),
  "tcp-backlog": directive(
    integer({ max: 2147483647 }),
    511,
    "Connections the operating system may queue before they are accepted.",
    IMMUTABLE,
  ),
  unixsocket: directive(path(), "", "Path of a Unix socket to listen on; empty for none.", IMMUTABLE),
  unixsocketperm: directive(
    octal,
    0,
    "Permissions of the Unix socket; 0 leaves them to the umask.",
    IMMUTABLE,
  ),
  timeout: directive(
    integer({ max: 2147483647, unit: "seconds" }),
    0,
    "Closes a connection that has been idle for this long; 0 never does.",
  ),
  "tcp-keepalive": directive(
    integer({ max: 2147483647, unit: "seconds" }),
    300,
    "Time between TCP keep-alive probes; 0 sends none.",
  ),
  maxclients: directive(
    integer({ min: 1, max: 4294967295 }),
    10000,
    "Connections served at a time; further ones get an error and are closed.",
  ),
  "proto-max-bulk-len": directive(
    memory({ min: 1048576 }),
    512 * 2 ** 20,
    "Longest single argument of a request, and longest string value.",
  ),
  "client-query-buffer-limit": directive(
    memory({ min: 1048576 }),
    2 ** 30,
    "Bytes of one unfinished request kept for a connection before it is closed.",
  ),
  "client-output-buffer-limit": directive(
    outputBufferLimits,
    {
      normal: { hardBytes: 0, softBytes: 0, softSeconds: 0 },
      replica: { hardBytes: 256 * 2 ** 20, softBytes: 64 * 2 ** 20, softSeconds: 60 },
      pubsub: { hardBytes: 32 * 2 ** 20, softBytes: 8 * 2 ** 20, softSeconds: 60 },
    },
    "Bytes of unread replies after which a connection is closed: at once above the hard size, or after the given seconds above the soft size.",
  ),
  "tracking-table-max-keys": directive(
    integer(),
    1000000,
    "Keys remembered for client-side caching; beyond it some are invalidated early. 0 sets no limit.",
  ),
  "enable-debug-command": directive(
    choice("no", "yes", "local"),
    "no",
    "Who may use DEBUG: nobody, everybody, or connections from this host.",
    IMMUTABLE,
  ),
  "enable-module-command": directive(
    choice("no", "yes", "local"),
    "no",
    "Modules cannot be loaded; MODULE LIST is always allowed.",
    { immutable: true, noEffect: true },
  ),
};
