/** What the rounds are about: a primary and its synchronous standby, servers, and the ways between them. */
import { setTimeout } from "node:timers/promises";
import { createSchema } from "../../../src/storage/postgres/schema.ts";
import { installationOf } from "../../support/postgres.ts";
import { PostgresPair } from "../../support/postgres-pair.ts";
import { noDial } from "./dial.ts";
import { MemberProcess } from "./members.ts";
import { Network } from "./network.ts";
import { networkWay, wireWay } from "./way.ts";

const MEMBERS = 3;

export interface World {
  readonly pair: PostgresPair;
  readonly members: readonly MemberProcess[];
  /** Why packets cannot be lost one way, and clocks not be set; undefined: they can. */
  readonly noNetwork: string | undefined;
  readonly noDial: string | undefined;
}

/** Makes one, has it used and ends it. @param onFailure gets what each server has logged last */
export async function withWorld<T>(
  partitions: number,
  use: (world: World) => Promise<T>,
  onFailure: (line: string) => void,
): Promise<T> {
  const network = await Network.create(MEMBERS, (await installationOf())?.user);
  const isJoined = typeof network !== "string";
  const pair = await PostgresPair.start(isJoined ? { within: network.within } : {});
  const client = await pair.connect();
  await createSchema(client, partitions);
  await client.end();
  const members = await Promise.all(
    Array.from({ length: MEMBERS }, async (_, way) =>
      MemberProcess.create(isJoined ? networkWay(network, way) : await wireWay(pair.directory)),
    ),
  );
  try {
    return await use({ pair, members, noNetwork: isJoined ? undefined : network, noDial });
  } catch (error) {
    for (const { port, log } of members) onFailure(`member ${port}:\n${log.join("\n")}`);
    throw error;
  } finally {
    for (const member of members) {
      member.signal("SIGCONT");
      await member.kill();
      member.close();
    }
    await pair.stop();
    if (isJoined) await network.remove();
  }
}

interface Owned {
  readonly p: number;
  readonly port: number | null;
}

/** The server that owns the first partition, and which partitions are its own. */
export async function ownerIn({ pair, members }: World) {
  const client = await pair.connect();
  try {
    for (let tries = 0; tries < 300; tries += 1) {
      const { rows } = await client.query<Owned>(
        `select p, port from detent_partition left join detent_member on id = split_part(owner, ':', 1) and lease_until > now()
         order by p`,
      );
      const owner = members.find(({ port, isRunning }) => isRunning && port === rows[0]?.port);
      if (owner !== undefined && rows.every(({ port }) => port !== null)) {
        const isOwn = ({ port }: Owned) => port === owner.port;
        const [own, others] = [rows.filter(isOwn), rows.filter((row) => !isOwn(row))];
        return { owner, own: own.map(({ p }) => p), others: others.map(({ p }) => p) };
      }
      await setTimeout(100);
    }
  } finally {
    await client.end();
  }
  throw new Error("not all slots have an owner for half a minute");
}
