/** Requests that no client would send: random commands with random arguments, mutated, cut off, or plain noise. */
import { CATALOGUE } from "../../src/catalogue/catalogue.ts";
import { encodeRequest } from "../support/client.ts";

/** Commands that would end the run, or the witness's connection, by doing what they are for. */
const LEFT_OUT = /^(shutdown|debug|client|config|monitor|save|bgsave|latency|acl|module|reset)/;

const NAMES = CATALOGUE.commands.flatMap(({ name, subcommands }) => {
  if (LEFT_OUT.test(name)) return [];
  return subcommands.size === 0 ? [[name]] : [...subcommands.keys()].map((subcommand) => [name, subcommand]);
});

const WORDS = [
  "",
  "k",
  "k1",
  "*",
  "-1",
  "0",
  "1",
  "9223372036854775808",
  "1e400",
  "nan",
  "$",
  ">",
  "(1-1",
  "EX",
  "PX",
  "NX",
  "COUNT",
  "MATCH",
  "STREAMS",
  "MAXLEN",
  "~",
  "{}",
  '{"current":"a","map":{"a":["b"],"b":["a"]},"initial":"a"}',
  '{"initial":"a","states":{"a":{"on":{"GO":"b"},"after":{"1ms":"b"}},"b":{}}}',
  '{"initial":"a","states":{"a":{"always":"a"}}}',
  "\0\xff\r\n",
  "d:v1",
  "GO",
];

/** A request with 0 to 8 arguments from a list of awkward ones. */
function request(random: () => number): Buffer {
  const name = pick(NAMES, random) ?? ["PING"];
  const count = Math.floor(random() * 9);
  const args = Array.from({ length: count }, () => Buffer.from(pick(WORDS, random) ?? "", "latin1"));
  return encodeRequest([...name, ...args]);
}

/** Bytes that begin like RESP as often as not. */
function noise(random: () => number): Buffer {
  const bytes = Buffer.from(
    Array.from({ length: Math.floor(random() * 60) }, () => Math.floor(random() * 256)),
  );
  const start = pick(["", "*", "$", "*3\r\n$", "*-1\r\n", "*99999999999\r\n", "PING ", '"'], random) ?? "";
  return Buffer.concat([Buffer.from(start), bytes, Buffer.from(random() < 0.5 ? "\r\n" : "")]);
}

/** One request: whole two times in three, else with a byte changed, cut off, or noise. */
export function fuzzedRequest(random: () => number): Buffer {
  const kind = random();
  if (kind < 0.1) return noise(random);
  const whole = request(random);
  const position = Math.floor(random() * whole.length);
  if (kind < 0.2) return whole.subarray(0, position);
  if (kind < 0.34) whole[position] = Math.floor(random() * 256);
  return whole;
}

function pick<T>(items: readonly T[], random: () => number): T | undefined {
  return items[Math.floor(random() * items.length)];
}
