/** A node of the cluster in a process of its own, which performs until it is killed: `conflux-node.ts PORT ID`. */
import { Redis } from "ioredis";
import { conflux } from "../../examples/conflux.ts";
import { COUNTING } from "./conflux-methods.ts";

const [port, id = ""] = process.argv.slice(2);
const redis = new Redis({ port: Number(port) });
const node = await conflux({ redis, id, name: "killed", ...COUNTING });
for (let number = 0; ; number += 1) {
  await node.perform("add", [id, number]);
  process.stdout.write(`committed ${number}\n`);
}
