/** Servers of a cluster as processes: killed, stopped, cut off from the database, ended, and started again on their ports. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { freePort } from "../../support/free-port.ts";
import { PROGRAM } from "../../support/program-command.ts";
import { Wire } from "./wire.ts";

/** Of what a member has logged, for a failure. */
const LINES_MAX = 40;

export class MemberProcess {
  readonly port: number;
  readonly wire: Wire;
  readonly #url: string;
  #child: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  readonly log: string[] = [];

  private constructor(port: number, wire: Wire, url: string) {
    this.port = port;
    this.wire = wire;
    this.#url = url;
  }

  /** @param url the address of the database, whose host is the directory of its socket */
  static async create(url: string): Promise<MemberProcess> {
    const { searchParams } = new URL(url.replace("@/", "@localhost/"));
    const wire = await Wire.to(`${searchParams.get("host")}/.s.PGSQL.5432`);
    return new MemberProcess(
      await freePort(),
      wire,
      `postgres://tester@127.0.0.1:${wire.port}/postgres?options=${encodeURIComponent(searchParams.get("options") ?? "")}`,
    );
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

  async #launch(): Promise<boolean> {
    const [program = "", ...rest] = PROGRAM;
    const args = [
      "--port",
      String(this.port),
      "--bind",
      "127.0.0.1",
      "--store",
      this.#url,
      "--shutdown-timeout",
      "2",
    ];
    const child = spawn(program, [...rest, ...args], { stdio: ["ignore", "pipe", "inherit"] });
    this.#child = child;
    this.#ended = once(child, "close");
    return await new Promise<boolean>((resolve) => {
      createInterface({ input: child.stdout }).on("line", (line) => {
        this.log.push(line);
        if (this.log.length > LINES_MAX) this.log.shift();
        if (line.includes("Ready to accept connections")) resolve(true);
      });
      void this.#ended.then(() => resolve(false));
    });
  }
}
