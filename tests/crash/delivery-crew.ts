/** The workers, as processes that are started again each time they die, and what they have said. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Reading } from "./delivery-evidence.ts";

const WORKER = new URL("delivery-worker.ts", import.meta.url).pathname;

/** Requests or replies after which a worker kills itself at the latest. */
const LIFE_MAX = 1000;

export interface CrewOptions {
  readonly socket: string;
  /** The groups of the change stream that each worker reads for, by its name. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly random: () => number;
  /** Told of each line. */
  readonly onLine: () => void;
}

export interface Crew {
  /** All there have been, in the order in which they began. */
  readonly readings: readonly Reading[];
  /** Tasks of which some worker has had a result. */
  readonly performed: ReadonlySet<string>;
  /** How often a worker was started after one had died. */
  readonly deathCount: number;
  /** Resolves when a worker says something. @throws Error when one says that something is broken */
  nextLine(): Promise<void>;
  /** Lets all stop by themselves. @throws Error when one does not end as it should */
  stop(): Promise<void>;
  /** Ends all at once. */
  kill(): void;
}

export function startCrew(options: CrewOptions): Crew {
  const readings: Reading[] = [];
  const performed = new Set<string>();
  const waiting: Array<{ resolve: () => void; reject: (error: Error) => void }> = [];
  const running = new Map<string, ChildProcess>();
  let deathCount = 0;
  let isStopping = false;
  let failure: Error | undefined;

  const fail = (error: Error): void => {
    failure ??= error;
    for (const { reject } of waiting.splice(0)) reject(failure);
  };
  const hire = (name: string): void => {
    const child = spawnWorker(name, options);
    running.set(name, child);
    const listen = lineReader(name, { readings, performed, fail });
    createInterface({ input: child.stdout ?? process.stdin }).on("line", (line) => {
      listen(line);
      options.onLine();
      for (const { resolve } of waiting.splice(0)) resolve();
    });
    child.once("close", (code, signal) => {
      running.delete(name);
      if (code === 0 && isStopping) return;
      if (signal !== "SIGKILL") fail(new Error(`worker ${name} ended with ${code ?? signal}`));
      else if (!isStopping) {
        deathCount += 1;
        hire(name);
      }
    });
  };
  for (const name of Object.keys(options.groups)) hire(name);

  return {
    readings,
    performed,
    get deathCount() {
      return deathCount;
    },
    nextLine: () =>
      new Promise((resolve, reject) => {
        if (failure === undefined) waiting.push({ resolve, reject });
        else reject(failure);
      }),
    stop: async () => {
      isStopping = true;
      await Promise.all(
        [...running.values()].map(async (child) => {
          child.stdin?.end();
          await once(child, "close");
        }),
      );
      if (failure !== undefined) throw failure;
    },
    kill: () => {
      isStopping = true;
      for (const child of running.values()) child.kill("SIGKILL");
    },
  };
}

function spawnWorker(name: string, { socket, groups, random }: CrewOptions): ChildProcess {
  const phase = random() < 0.5 ? "sent" : "received";
  const life = 1 + Math.floor(random() * LIFE_MAX);
  const args = [socket, name, groups[name]?.join(",") ?? "", phase, String(life)];
  return spawn(process.execPath, ["--import", "tsx", WORKER, ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
}

interface Heard {
  readonly readings: Reading[];
  readonly performed: Set<string>;
  fail(error: Error): void;
}

/** Notes what the lines of one process tell. */
function lineReader(consumer: string, { readings, performed, fail }: Heard): (line: string) => void {
  const open = new Map<string, { given: string[]; acknowledged: string[] }>();
  return (line) => {
    const [word = "", ...rest] = line.split(" ");
    const [first = "", entry = ""] = rest;
    switch (word) {
      case "begin": {
        const reading = { group: first, consumer, given: [], acknowledged: [] };
        open.set(first, reading);
        readings.push(reading);
        break;
      }
      case "given":
        open.get(first)?.given.push(entry);
        break;
      case "acknowledged":
        open.get(first)?.acknowledged.push(entry);
        break;
      case "did":
        performed.add(first);
        break;
      case "turn":
        break;
      default:
        fail(new Error(`worker ${consumer} said: ${line}`));
    }
  };
}
