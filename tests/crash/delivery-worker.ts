/**
 * A victim of the crash tests of delivery: a worker and a reader of the change stream, by the client for TypeScript,
 * that kills itself when it has sent or received so much.
 *
 * node --import tsx delivery-worker.ts SOCKET NAME GROUP[,GROUP] sent|received COUNT
 *
 * Lines on standard output, each written before what it tells of goes on:
 *
 * - `did TASK`: it has a result, which it is about to send
 * - `begin GROUP`, `given GROUP ENTRY`, `acknowledged GROUP ENTRY`: reading of the change stream
 * - `turn`: it has looked for tasks or changes
 * - `broken REASON`: something that no crash explains
 *
 * It stops when its standard input ends.
 */
import { writeSync } from "node:fs";
import { Redis } from "ioredis";
import { createClient, DetentError } from "../../src/client/client.ts";
import { type Connection, fieldsOf, listOf } from "../../src/client/connection.ts";
import type { Task, Worker } from "../../src/client/worker.ts";
import { DEFINITION_NAME, TASK } from "./delivery-machine.ts";

const [, , socket = "", name = "", groups = "", phase, count] = process.argv;

/** Short, as the tasks of a worker that was killed lie idle for so long. */
const RETRY_AFTER_MS = 100;
/** How long to wait for a machine to move before asking again. */
const WAIT_MS = 200;

function tell(line: string): void {
  writeSync(1, `${line}\n`);
}

let progress = 0;
let isMortal = true;
/** There was something to read when it was last looked: what is asked in vain does not count. */
let isBusy = true;

/** Dies between one request or reply and whatever would come of it. */
function countOne(point: "sent" | "received"): void {
  if (point !== phase || !isMortal || !isBusy) return;
  progress += 1;
  if (progress === Number(count)) process.kill(process.pid, "SIGKILL");
}

/** A connection that counts, and tells of what was confirmed. */
function counting(connection: Connection): Connection {
  return {
    call: async (command, ...args) => {
      const reply = connection.call(command, ...args);
      countOne("sent");
      const value = await reply;
      if (command === "XREADGROUP") isBusy = value !== null;
      countOne("received");
      if (command === "XREADGROUP") tell("turn");
      if (command === "XACK" && String(args[0]).startsWith("sm:changes:")) {
        tell(`acknowledged ${args[1]} ${args[2]}`);
      }
      return value;
    },
    duplicate: () => counting(connection.duplicate()),
    disconnect: () => connection.disconnect(),
    on: (event, listener) => connection.on?.(event, listener),
  };
}

/** What the server has refused is reported; that it was away, or a task was poisoned, is not. */
function onError(error: unknown): void {
  const isRefused = error instanceof DetentError;
  if (isRefused || !(error instanceof Error)) tell(`broken ${String(error)}`);
}

class Poisoned extends Error {}

/** The second waits for the server for as long as it takes; the others soon give up, and their calls fail. */
const isPatient = name === "w2";
const CONNECTION = { retryStrategy: () => 20, maxRetriesPerRequest: isPatient ? null : 10 };

const redis = new Redis(socket, CONNECTION);
redis.on("error", () => undefined);
const connection = counting(redis);
const client = createClient(connection);

async function perform({ id, key, input }: Task): Promise<object> {
  const kind = typeof input === "object" && input !== null && "kind" in input ? input.kind : undefined;
  const isPutBack = id.slice(id.lastIndexOf("#")).includes(".");
  if (kind === "poison" && !isPutBack) throw new Poisoned("no worker can do this");
  if (kind === "late" && !isPutBack) await decided(key, id);
  tell(`did ${id}`);
  return { task: id, by: process.pid };
}

/** Resolves when it has been decided what becomes of a task. */
async function decided(key: string, id: string): Promise<void> {
  const own = new Redis(socket, CONNECTION);
  own.on("error", () => undefined);
  const waiting = counting(own);
  try {
    for (;;) {
      const rev = Number(fieldsOf(await waiting.call("SM.INFO", key)).get("rev"));
      const [outcome] = listOf(await waiting.call("SM.OUTCOME", key, id));
      if (outcome !== null) return;
      await waiting.call("SM.WAIT", key, "REV", rev + 1, WAIT_MS);
    }
  } finally {
    waiting.disconnect();
  }
}

const ending = new AbortController();

/** Reads until the end; begins anew when the connection was given up. */
async function read(group: string): Promise<void> {
  while (!ending.signal.aborted) {
    try {
      tell(`begin ${group}`);
      for await (const change of client.changes(DEFINITION_NAME, {
        group,
        consumer: name,
        signal: ending.signal,
      })) {
        tell(`given ${group} ${change.entry}`);
        // Who waits for no acknowledgement is nearly always about to read.
        if (isPatient) change.ack().catch(onError);
        else await change.ack();
      }
    } catch (error) {
      onError(error);
    }
  }
}

/** Tries until there is a server. */
async function startWorker(): Promise<Worker> {
  for (;;) {
    try {
      const options = { consumer: name, concurrency: 16, retryAfterMs: RETRY_AFTER_MS, onError };
      return await client.worker(TASK, perform, options);
    } catch (error) {
      onError(error);
    }
  }
}

const readers = groups.split(",").map(read);
const worker = await startWorker();
process.stdin.resume();
process.stdin.once("end", async () => {
  isMortal = false;
  ending.abort();
  await Promise.all(readers);
  await worker.stop();
  redis.disconnect();
});
