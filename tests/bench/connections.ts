/**
 * `make connections`: what connections cost that do nothing, and what those that behave badly cost the others.
 *
 * 200 connections send one request after the other, with a pause between; how long the slowest hundredth waits is
 * measured alone, and beside 10,000 idle connections, clients that do not read what they asked for, clients that
 * stop in the middle of a request and clients that send a byte a second. A warm-up compiles the code first and is not
 * counted. Then both are measured by turns with the same 200 connections, and each time beside others is held to the
 * mean of the two times alone around it: what the machine does besides is in all of them. Memory is what the process
 * has of its own.
 *
 *   npx tsx tests/bench/connections.ts [--idle 10000] [--busy 200] [--rounds 5] [--seconds 4]
 */
import { rmSync } from "node:fs";
import { mkdtemp, readFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type BenchServer, mainThreadUs, startDetent, startRedis } from "./servers.ts";

const { values } = parseArgs({
  options: {
    idle: { type: "string", default: "10000" },
    busy: { type: "string", default: "200" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "4" },
  },
});
const [idleCount, busyCount] = [Number(values.idle), Number(values.busy)];
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
const BAD_COUNT = 50;
/** Between the requests of one connection. */
const PAUSE_MS = 50;
const RATIO_MAX = 2;
const AT_ONCE = 100;

const directory = await mkdtemp(join(tmpdir(), "detent-connections-"));
const room = ["--maxclients", String(idleCount + busyCount + 1000)];
const detent = await startDetent(join(directory, "detent"), room);
const redis = await startRedis(join(directory, "redis"), room);
let isWithin = true;
try {
  for (const [name, server] of [
    ["detent", detent],
    ["redis-server", redis],
  ] as const) {
    isWithin = (await measure(name, server)) || name !== "detent";
    if (!isWithin) break;
  }
} finally {
  await Promise.all([detent.stop(), redis.stop()]);
  rmSync(directory, { recursive: true, force: true });
}
process.exit(isWithin ? 0 : 1);

/** Prints the figures of a server; true when the others wait no longer than they may. */
async function measure(name: string, server: BenchServer): Promise<boolean> {
  await ask(server, `SET big ${"x".repeat(1 << 20)}`);
  const before = await ownKilobytes(server.pid);
  const idle = await openMany(server.port, idleCount);
  await Promise.all(idle.map((socket) => answered(socket, "PING\r\n")));
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const kilobytes = ((await ownKilobytes(server.pid)) - before) / idleCount;
  console.log(
    `${name}: ${idleCount} idle connections take ${kilobytes.toFixed(1)} KB each (${before} KB without them)`,
  );
  await closeAll(idle);
  const busy = await openMany(server.port, busyCount);
  await window(server, busy);
  const alone = [await window(server, busy)];
  const beside: Window[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const crowd = await openMany(server.port, idleCount);
    const bad = await misbehaving(server.port);
    // The connections have just been made: that is over before anything is counted.
    await window(server, busy);
    beside.push(await window(server, busy));
    bad.stop();
    await closeAll([...crowd, ...bad.sockets]);
    await window(server, busy);
    alone.push(await window(server, busy));
  }
  await closeAll(busy);
  /** Each time beside the others by the mean of the two alone around it. */
  const ratios = (pick: (window: Window) => number) =>
    beside.map((one, round) => {
      const around = [alone[round] ?? one, alone[round + 1] ?? one].map(pick);
      return (2 * pick(one)) / ((around[0] ?? 0) + (around[1] ?? 0));
    });
  const p99 = ({ p99Ms }: Window) => p99Ms;
  const cpu = ({ cpuUs }: Window) => cpuUs;
  const ratio = median(ratios(p99));
  const shown = (list: readonly number[]) => list.map((one) => one.toFixed(2)).join(", ");
  console.log(
    `${name}: p99 of ${busyCount} busy connections alone ${shown(alone.map(p99))} ms, beside ${idleCount} idle and ` +
      `${3 * BAD_COUNT} bad ones ${shown(beside.map(p99))} ms: ${shown(ratios(p99))} times, median ${ratio.toFixed(2)} ` +
      `(${RATIO_MAX} at most); load ${loadavg()[0]?.toFixed(1)}`,
  );
  console.log(
    `${name}: processor time of the main thread a request ${shown(alone.map(cpu))} us, beside the others ` +
      `${shown(beside.map(cpu))} us: ${shown(ratios(cpu))} times, median ${median(ratios(cpu)).toFixed(2)}`,
  );
  return ratio <= RATIO_MAX;
}

interface Window {
  /** The 99th percentile of what requests take. */
  readonly p99Ms: number;
  /** What the server's main thread spends, by the requests of these connections. */
  readonly cpuUs: number;
}

/** Has the connections send requests for some seconds. */
async function window({ pid }: BenchServer, sockets: readonly Socket[]): Promise<Window> {
  const beganUs = mainThreadUs(pid);
  const untilMs = performance.now() + seconds * 1000;
  const taken: number[] = [];
  await Promise.all(
    sockets.map(async (socket, at) => {
      await new Promise((resolve) => setTimeout(resolve, (at / busyCount) * PAUSE_MS));
      while (performance.now() < untilMs) {
        const startedMs = performance.now();
        await answered(socket, at % 2 === 0 ? `SET key:${at} value\r\n` : `GET key:${at - 1}\r\n`);
        taken.push(performance.now() - startedMs);
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }),
  );
  taken.sort((a, b) => a - b);
  return {
    p99Ms: taken[Math.floor(taken.length * 0.99)] ?? Number.NaN,
    cpuUs: (mainThreadUs(pid) - beganUs) / taken.length,
  };
}

/** Clients that do not read, that stop halfway, and that send a byte a second. */
async function misbehaving(port: number) {
  const [deaf, halfway, slow] = [
    await openMany(port, BAD_COUNT),
    await openMany(port, BAD_COUNT),
    await openMany(port, BAD_COUNT),
  ];
  for (const socket of deaf) {
    socket.pause();
    socket.write("GET big\r\n".repeat(20));
  }
  for (const socket of halfway)
    socket.write(`*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000\r\n${"x".repeat(50_000)}`);
  const word = `*2\r\n$4\r\nECHO\r\n$1000\r\n${"x".repeat(1000)}\r\n`;
  let at = 0;
  const timer = setInterval(() => {
    for (const socket of slow) socket.write(word[at % word.length] ?? "");
    at += 1;
  }, 1000);
  return { sockets: [...deaf, ...halfway, ...slow], stop: () => clearInterval(timer) };
}

async function openMany(port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const batch = Array.from({ length: Math.min(AT_ONCE, count - sockets.length) }, () => open(port));
    sockets.push(...(await Promise.all(batch)));
  }
  return sockets;
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true }, () => {
      socket.off("error", reject);
      socket.on("error", () => undefined);
      resolve(socket);
    });
    socket.once("error", reject);
  });
}

/** Resolves when anything has come back: all replies here fit into one packet. */
function answered(socket: Socket, request: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.closed) reject(new Error("the server has closed a connection"));
    socket.once("data", () => resolve());
    socket.write(request);
  });
}

async function closeAll(sockets: readonly Socket[]): Promise<void> {
  await Promise.all(
    sockets.map(
      (socket) =>
        new Promise<void>((resolve) => {
          if (socket.closed) resolve();
          socket.once("close", () => resolve());
          socket.destroy();
        }),
    ),
  );
}

async function ask({ port }: BenchServer, request: string): Promise<void> {
  const socket = await open(port);
  const words = request.split(" ");
  const encoded = words.map((word) => `$${word.length}\r\n${word}\r\n`).join("");
  await answered(socket, `*${words.length}\r\n${encoded}`);
  await closeAll([socket]);
}

async function ownKilobytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "latin1");
  return Number(/^RssAnon:\s+(\d+)/m.exec(status)?.[1]);
}

function median(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN;
}
