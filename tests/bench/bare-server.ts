/**
 * The limit of the platform: a Node server that reads requests and answers them as Detent does, takes the same step of the
 * same engine, and brings what a turn of the event loop has changed to disk by one write and one sync before it
 * answers. It has no databases, types, options, indexes, history, memory limits or checkpoints. What Detent is slower than
 * this is what those cost.
 *
 *   node --import tsx tests/bench/bare-server.ts PORT FILE
 */
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import type { Json } from "../../src/base/json.ts";
import { compile } from "../../src/engine/compile.ts";
import { activeStates, start, step } from "../../src/engine/step.ts";
import type { Snapshot } from "../../src/engine/types.ts";
import { RequestDecoder } from "../../src/protocol/request-decoder.ts";

/** The journal is written over in place, as Detent's is: a file that grows costs a second write for its size. */
const JOURNAL_BYTES = 64 * 1024 * 1024;

const LAMP: Json = {
  initial: "off",
  states: { off: { on: { GO: "on" } }, on: { on: { GO: "off" } } },
};

const [port = "0", file = "bare.log"] = process.argv.slice(2);
const compiled = compile(LAMP);
if (!compiled.ok) throw new Error(compiled.reason);
const { machine } = compiled;
const journal = openSync(file, "w");
for (let at = 0; at < JOURNAL_BYTES; at += 1024 * 1024) writeSync(journal, Buffer.alloc(1024 * 1024), 0);
fdatasyncSync(journal);

const texts = new Map<string, Buffer>();
const machines = new Map<string, Snapshot>();
let journalAt = 0;
/** What has been changed and answered since the last sync. */
let records: Buffer[] = [];
const waiting = new Set<Connection>();
let isPlanned = false;

interface Connection {
  readonly socket: Socket;
  readonly decoder: RequestDecoder;
  replies: string;
}

const server = createServer((socket) => {
  socket.setNoDelay(true);
  const connection: Connection = { socket, decoder: new RequestDecoder(), replies: "" };
  socket.on("data", (chunk: Buffer) => {
    connection.decoder.push(chunk);
    for (let request = connection.decoder.next(); request !== undefined; request = connection.decoder.next())
      connection.replies += answer(request);
    waiting.add(connection);
    if (!isPlanned) setImmediate(endTurn);
    isPlanned = true;
  });
  socket.on("error", () => socket.destroy());
});
server.listen(Number(port), "127.0.0.1", () => console.log("Ready to accept connections"));
process.on("SIGTERM", () => {
  closeSync(journal);
  process.exit(0);
});

function endTurn(): void {
  isPlanned = false;
  if (records.length > 0) {
    const bytes = Buffer.concat(records);
    records = [];
    if (journalAt + bytes.length > JOURNAL_BYTES) journalAt = 0;
    writeSync(journal, bytes, 0, bytes.length, journalAt);
    fdatasyncSync(journal);
    journalAt += bytes.length;
  }
  for (const connection of waiting) {
    connection.socket.write(connection.replies);
    connection.replies = "";
  }
  waiting.clear();
}

function answer([name, first, second]: readonly Buffer[]): string {
  const key = first?.toString("latin1") ?? "";
  switch (name?.toString("latin1")) {
    case "PING":
      return "+PONG\r\n";
    case "SET": {
      const value = Buffer.from(second ?? "");
      texts.set(key, value);
      records.push(Buffer.from(`S${key}\0`), value);
      return "+OK\r\n";
    }
    case "GET": {
      const value = texts.get(key);
      return value === undefined ? "$-1\r\n" : `$${value.length}\r\n${value.toString("latin1")}\r\n`;
    }
    case "SM.SEND":
      return sent(key, second?.toString("utf8") ?? "");
    case "SM.STATE":
      return states(machines.get(key));
    default:
      return "-ERR unknown command\r\n";
  }
}

function sent(key: string, type: string): string {
  const env = { now: Date.now(), key };
  const before = machines.get(key) ?? begun(key);
  const result = step(machine, before, { type }, env);
  if (result.kind !== "moved") return `-${result.kind}\r\n`;
  machines.set(key, result.snapshot);
  const [from, to] = [activeStates(machine, before), activeStates(machine, result.snapshot)];
  records.push(Buffer.from(`M${key}\0${env.now}\0${type}\0${from.join()}\0${to.join()}`));
  return states(result.snapshot);
}

function begun(key: string): Snapshot {
  const made = start(machine, { now: Date.now(), key });
  if (made.kind !== "moved") throw new Error(made.message);
  return made.snapshot;
}

function states(snapshot: Snapshot | undefined): string {
  const active = snapshot === undefined ? [] : activeStates(machine, snapshot);
  return `*${active.length}\r\n${active.map((state) => `$${state.length}\r\n${state}\r\n`).join("")}`;
}
