/** Servers of a cluster as processes: killed, stopped, cut off from the database, ended, and started again on their ports. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { freePort } from "../../support/free-port.ts";
import { PROGRAM } from "../../support/program-command.ts";
import { Dial } from "./dial.ts";
import type { Way } from "./way.ts";

/** Of what a member has logged, for a failure. */
const LINES_MAX = 40;

export class MemberProcess {
  readonly port: number;
  readonly way: Way;
  /** Its wall clock, where that can be set. */
  readonly dial: Dial | undefined;
  #child: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  readonly log: string[] = [];
  /** From its next start on it settles nothing that one copy of the database alone has. */
  requiresStandby = false;
  /** How often it has lost what it owned, by its log. */
  leasesEnded = 0;

  private constructor(port: number, way: Way) {
    this.port = port;
    this.way = way;
    this.dial = Dial.create();
  }

  static async create(way: Way): Promise<MemberProcess> {
    return new MemberProcess(await freePort(), way);
  }

  get isRunning(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves when it accepts connections. The database may be away: then it is started again and again. */
  async start(): Promise<void> {
    while (!(await this.#launch())) await setTimeout(200);
  }

  signal(signal: NodeJS.Signals): void {
    if (this.isRunning) this.#child?.kill(signal);
  }

  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.#ended;
  }

  async terminate(): Promise<void> {
    this.signal("SIGTERM");
    await this.#ended;
  }

  close(): void {
    this.way.close();
    this.dial?.remove();
  }

  async #launch(): Promise<boolean> {
    const [program = "", ...rest] = PROGRAM;
    const args = [
      "--port",
      String(this.port),
      "--bind",
      "127.0.0.1",
      "--store",
      this.way.url,
      "--shutdown-timeout",
      "2",
      "--cluster-require-standby",
      this.requiresStandby ? "yes" : "no",
    ];
    const child = spawn(program, [...rest, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...this.dial?.environment },
    });
    this.#child = child;
    this.#ended = once(child, "close");
    return await new Promise<boolean>((resolve) => {
      createInterface({ input: child.stdout }).on("line", (line) => {
        this.log.push(line);
        if (line.includes("No longer the owner of")) this.leasesEnded += 1;
        if (this.log.length > LINES_MAX) this.log.shift();
        if (line.includes("Ready to accept connections")) resolve(true);
      });
      void this.#ended.then(() => resolve(false));
    });
  }
}
