/** Requests by chance for the fuzz of permissions: every command of the catalogue, its arguments made by its own grammar. */
import { CATALOGUE } from "../../src/catalogue/catalogue.ts";
import type { Command } from "../../src/catalogue/command.ts";
import type { Argument } from "../../src/catalogue/declaration.ts";

export type Pick = <T>(items: readonly T[]) => T;
export type Word = string | Buffer;

/** Keys that the user may use, or may read, or write, and some that it may not. */
export const OWN_KEYS = [
  "my:s",
  "my:m",
  "my:n",
  "my:p",
  "my:t",
  "my:h",
  "my:l",
  "my:z",
  "my:new",
  "my:later",
  "events",
];
export const FORBIDDEN_KEYS = ["no:s", "no:m", "no:mine", "no:p", "no:t", "no:h", "no:l", "no:z", "no:set"];
const KEYS = [
  ...OWN_KEYS,
  ...OWN_KEYS,
  ...FORBIDDEN_KEYS,
  "no:new",
  "r:s",
  "r:m",
  "w:s",
  "w:m",
  "sm:changes:hidden",
];
export const DEFINITIONS = ["mine", "mine:v1", "mine2", "mine2:v1", "hidden", "hidden:v1"];

/** Documents of definitions that reach for what their author may not touch. */
export function reachingDefinition(pick: Pick): string {
  const actions: readonly object[] = [
    { send: { to: "'no:mine'", event: "GO" } },
    { send: { to: "'r:m'", event: "GO" } },
    { send: { to: "'my:m'", event: "STOP" } },
    { send: { to: "'my:m'", event: "STOP", delay: 0 } },
    { send: { to: "'my:made'", event: "GO", def: "hidden" } },
    { send: { to: "'no:made'", event: "GO", def: "mine" } },
    { spawn: { src: "hidden:v1", id: "child" } },
    { spawn: { src: { expr: "'hid' + 'den:v1'" }, id: "child" } },
    { forEach: { items: "['no:mine', 'no:m']", as: "it", actions: [{ send: { to: "it", event: "GO" } }] } },
    { choose: [{ actions: [{ send: { to: "'no:' + 'mine'", event: "GO" } }] }] },
  ];
  const invoke = pick([undefined, { src: "hidden:v1", id: "c" }, { src: "mine:v1", id: "c" }]);
  return JSON.stringify({
    initial: "open",
    states: {
      open: {
        on: { GO: { target: "closed", actions: [pick(actions)] } },
        after: { "0ms": { actions: [pick(actions)] } },
      },
      closed: { ...(invoke === undefined ? {} : { invoke: [invoke] }), entry: [pick(actions)] },
    },
  });
}

/** They end the session or the server, hold others up, or make a user another. */
const LEFT_OUT =
  /^(quit|shutdown|debug|client\|(pause|reply|kill|no-evict)|auth|hello|reset|select|swapdb|flushall|flushdb|acl\||config\||monitor|wait|waitaof|script\||function\||multi|exec|discard|save|bgsave|psync|sync|keys|scan|randomkey|module\||latency\||slowlog\||memory\|doctor|object\|help|[ps]?(un)?subscribe)/i;

export const COMMANDS: readonly Command[] = CATALOGUE.commands
  .flatMap((command) => [command, ...command.subcommands.values()])
  .filter(({ name, subcommands }) => subcommands.size === 0 && !LEFT_OUT.test(name));

/** Those that touch machines and definitions, or carry a whole value along, are asked more often. */
export const TELLING: readonly Command[] = COMMANDS.filter(({ name }) =>
  /^(SM\.|restore|copy|rename|sort|dump|move|xadd|xread|eval|fcall|[bl]?lmove|.*store)/i.test(name),
);

/** What one word of a request may be, by the name of its argument. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  event: ["GO", "STOP"],
  definition: DEFINITIONS,
  state: ["open", "closed", "stopped"],
  channel: ["mine:ch", "secret:ch"],
  shardchannel: ["mine:ch", "secret:ch"],
  group: ["g"],
  consumer: ["c"],
  field: ["field", "key", "event", "def"],
  value: ["x", "no:mine", "no:m", "GO", "STOP", "hidden", "my:m"],
  id: ["0", "1-1", "*", ">", "$"],
  timeout: ["0.01"],
  "milliseconds-block": ["1"],
  context: ["{}", '{"a":1}'],
  data: ["{}", '{"a":1}'],
  map: ['{"states":{}}'],
  numreplicas: ["0"],
  "plan-id": ["1"],
  "migration-id": ["1", "2"],
  "destination-db": ["0"],
  db: ["0"],
  start: ["-", "0"],
  end: ["+", "9"],
  min: ["-inf", "-", "0"],
  max: ["+inf", "+", "9"],
  where: ["true"],
  script: ["return redis.call('GET','no:s')", "return redis.call('SET','no:s','x')", "return 1"],
  function: ["run"],
  expression: ["true"],
};

/** Payloads of DUMP and documents of definitions, which the test adds. */
export interface Stock {
  readonly payloads: readonly Buffer[];
}

export function requestOf(command: Command, pick: Pick, stock: Stock): Word[] {
  const chance = (of: number) => pick(Array.from({ length: 100 }, (_, at) => at)) < of * 100;
  const words: Word[] = command.name.split("|");
  const value = ({ name, type }: Argument): Word => {
    if (name === "serialized-value") return pick(stock.payloads);
    if (name === "json" && command.name.startsWith("SM.DEF")) return reachingDefinition(pick);
    if (name === "json" && command.name === "SM.SET")
      return '{"current":"open","map":{"open":["GO","STOP"],"GO":["open"]},"initial":"open"}';
    if (name === "json") return '{"a":1}';
    if (name === "key" || type === "key") return pick(KEYS);
    if (type === "pattern") return pick(["*", "no:*", "mine:*", "secret:*", "secret:ch", "nosort"]);
    if (name === "timeout" && type === "integer") return "1";
    if (name === "milliseconds" && /BLOCK|WAIT|^X?READ|XREADGROUP/i.test(command.name)) return "1";
    const known = VALUES[name];
    if (known !== undefined) return pick(known);
    if (type === "integer") return pick(["0", "1", "2", "-1", "100"]);
    if (type === "double") return pick(["0", "1", "0.5"]);
    if (type === "unix-time") return pick(["0", "99999999999"]);
    return pick(["x", "1", "field", ...KEYS]);
  };
  const add = (grammar: readonly Argument[]): void => {
    for (const [at, argument] of grammar.entries()) {
      if (argument.isOptional && !chance(0.35)) continue;
      const times = argument.isMultiple ? pick([1, 1, 2, 3]) : 1;
      if (/^numkeys$/i.test(argument.name)) {
        const next = grammar[at + 1];
        const keys = Array.from({ length: next?.isMultiple === true ? pick([1, 2]) : 1 }, () => pick(KEYS));
        words.push(String(keys.length), ...keys);
        continue;
      }
      if (/^numkeys$/i.test(grammar[at - 1]?.name ?? "") && argument.type === "key") continue;
      for (let time = 0; time < times; time += 1) {
        if (argument.token !== undefined && (time === 0 || argument.isMultipleToken))
          words.push(argument.token);
        if (argument.type === "oneof") add([{ ...pick(argument.parts), isOptional: false }]);
        else if (argument.type === "block") add(argument.parts);
        else if (argument.type !== "pure-token") words.push(value(argument));
      }
    }
  };
  add(command.declaration.arguments);
  // As many ids as streams.
  const streams = words.findIndex((word) => word === "STREAMS");
  if (streams >= 0) {
    const names = words.slice(streams + 1, streams + 2);
    words.splice(streams + 1, words.length, ...names, pick(["0", ">", "$"]));
  }
  return words;
}
