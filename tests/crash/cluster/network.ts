/**
 * A network of its own for the database, joined to this one by a cable, with a pair of addresses for each server. A way is cut by
 * giving one end a wrong hardware address for the other: packets are sent and nobody takes them, so connections hang and neither
 * end learns why. It needs root and iproute2.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const NOBODY = "02:00:00:00:00:01";

/** Whose packets are lost. */
export type Lost = "to the database" | "from the database" | "both";

export class Network {
  readonly #name = `detent-${process.pid}`;
  readonly #near = `dt${process.pid}a`;
  readonly #far = `dt${process.pid}b`;
  readonly #user: { readonly uid: number; readonly gid: number };
  #nearHardware = "";
  #farHardware = "";

  private constructor(user: { readonly uid: number; readonly gid: number }) {
    this.#user = user;
  }

  /** @returns text that says why there is none here */
  static async create(
    ways: number,
    user: { readonly uid: number; readonly gid: number } | undefined,
  ): Promise<Network | string> {
    if (user === undefined) return "networks of their own need root";
    const network = new Network(user);
    try {
      await network.#make(ways);
      return network;
    } catch (error) {
      await network.remove();
      return `networks of their own are not to be had: ${error instanceof Error ? error.message.trim() : error}`;
    }
  }

  /** Runs a program there, as the user of PostgreSQL. */
  get within(): readonly string[] {
    const { uid, gid } = this.#user;
    const as = ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
    return ["ip", "netns", "exec", this.#name, ...as];
  }

  /** The database, as a server has it. */
  host(way: number): string {
    return this.#address(way, 2);
  }

  async cut(way: number, lost: Lost): Promise<void> {
    if (lost !== "from the database") await this.#setFar(way, NOBODY);
    if (lost !== "to the database") await this.#setNear(way, NOBODY);
  }

  async heal(way: number): Promise<void> {
    await this.#setFar(way, this.#farHardware);
    await this.#setNear(way, this.#nearHardware);
  }

  async remove(): Promise<void> {
    await run("ip", ["link", "del", this.#near]).catch(() => undefined);
    await run("ip", ["netns", "del", this.#name]).catch(() => undefined);
  }

  async #make(ways: number): Promise<void> {
    await run("ip", ["netns", "add", this.#name]);
    await run("ip", ["link", "add", this.#near, "type", "veth", "peer", "name", this.#far]);
    await run("ip", ["link", "set", this.#far, "netns", this.#name]);
    for (let way = 0; way < ways; way += 1) {
      await run("ip", ["address", "add", `${this.#address(way, 1)}/30`, "dev", this.#near]);
      await this.#there("address", "add", `${this.#address(way, 2)}/30`, "dev", this.#far);
    }
    await run("ip", ["link", "set", this.#near, "up"]);
    await this.#there("link", "set", this.#far, "up");
    await this.#there("link", "set", "lo", "up");
    this.#nearHardware = hardwareIn((await run("ip", ["-o", "link", "show", this.#near])).stdout);
    this.#farHardware = hardwareIn(await this.#there("-o", "link", "show", this.#far));
    for (let way = 0; way < ways; way += 1) await this.heal(way);
  }

  /** What this end sends to. */
  async #setFar(way: number, hardware: string): Promise<void> {
    await run("ip", neighbour(this.#address(way, 2), hardware, this.#near));
  }

  /** What the end of the database sends to. */
  async #setNear(way: number, hardware: string): Promise<void> {
    await this.#there(...neighbour(this.#address(way, 1), hardware, this.#far));
  }

  async #there(...args: readonly string[]): Promise<string> {
    return (await run("ip", ["-n", this.#name, ...args])).stdout;
  }

  #address(way: number, end: 1 | 2): string {
    return `10.213.${process.pid % 256}.${way * 4 + end}`;
  }
}

function neighbour(address: string, hardware: string, device: string): string[] {
  return ["neigh", "replace", address, "lladdr", hardware, "nud", "permanent", "dev", device];
}

function hardwareIn(shown: string): string {
  const [, hardware] = /link\/ether ([0-9a-f:]+)/.exec(shown) ?? [];
  if (hardware === undefined) throw new Error(`no hardware address in: ${shown}`);
  return hardware;
}
