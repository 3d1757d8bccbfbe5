/** State machines: compatibility, and a bound for everything that grows with what clients send. */
import { directive } from "../directive.ts";
import { bool, choice, integer, memory } from "../scalar-types.ts";
import { text } from "../text-types.ts";

export const MACHINES = {
  "enable-demo": directive(bool, true, "Whether SM.DEMO is allowed; `no` on a server that people rely on."),
  "sm-compat": directive(
    choice("documented", "module"),
    "documented",
    "Whether the seven commands of redis-state-machine follow its documentation (`documented`) or its code (`module`).",
  ),
  "sm-cache-bytes": directive(
    memory({ max: 64 * 2 ** 30 }),
    64 * 2 ** 20,
    "Memory for machines that are kept decoded.",
  ),
  "sm-microsteps-max": directive(
    integer({ min: 1, max: 1000000 }),
    1000,
    "Microsteps one event may take before it is undone with EXECFAIL.",
  ),
  "sm-outcome-max": directive(
    integer({ max: 1000000 }),
    1000,
    "Outcomes of events with an id that each machine remembers; the oldest go first.",
  ),
  "sm-outcome-ttl": directive(
    integer({ unit: "seconds" }),
    0,
    "How long an outcome is remembered; 0 sets no limit in time.",
  ),
  "sm-history-max": directive(
    integer(),
    0,
    "Entries of history each machine keeps; the oldest go first. 0 keeps all.",
  ),
  "sm-sources-max": directive(
    integer({ min: 1, max: 1000000 }),
    1000,
    "Sources of SEQ numbers each machine remembers.",
  ),
  "sm-children-max": directive(
    integer({ max: 1000000 }),
    10_000,
    "Children each machine may have, ended ones included.",
  ),
  "sm-inbox-max": directive(integer({ max: 1000000 }), 1000, "Deferred events each machine may hold."),
  "sm-timers-max": directive(
    integer({ max: 1000000 }),
    1000,
    "Timers and scheduled events each machine may hold.",
  ),
  "sm-definition-bytes-max": directive(
    memory({ min: 1024, max: 64 * 2 ** 20 }),
    2 ** 20,
    "Longest JSON of a definition.",
  ),
  "sm-context-bytes-max": directive(
    memory({ min: 1024, max: 64 * 2 ** 20 }),
    2 ** 20,
    "Longest JSON of a machine's context.",
  ),
  "sm-event-bytes-max": directive(
    memory({ min: 1024, max: 64 * 2 ** 20 }),
    2 ** 20,
    "Longest JSON of an event's data.",
  ),
  "sm-changes-inline": directive(
    bool,
    false,
    "Whether changes of map machines are added to the stream `sm:changes` too.",
  ),
  "sm-changes-maxlen": directive(
    integer(),
    1000000,
    "Entries a change stream keeps; what a consumer group has not acknowledged stays. 0 keeps all.",
  ),
  "sm-ingest-stream": directive(
    text(),
    "",
    "The stream of database 0 from which the server takes events, each as SM.SEND would; empty: none.",
  ),
  "sm-audit-stream": directive(
    text("stream"),
    "",
    "The stream of database 0 that records administrative and forced commands with their users; empty: none.",
  ),
  "sm-audit-maxlen": directive(
    integer(),
    100000,
    "Entries the stream of `sm-audit-stream` keeps; what a consumer group has not acknowledged stays. 0 keeps all.",
  ),
  "sm-refusals": directive(
    choice("none", "errors", "all"),
    "errors",
    "Which refusals are added to the stream `sm:refusals`: none, those that no client received, or all.",
  ),
  "sm-refusals-maxlen": directive(
    integer(),
    100000,
    "Entries the stream `sm:refusals` keeps; what a consumer group has not acknowledged stays. 0 keeps all.",
  ),
};
