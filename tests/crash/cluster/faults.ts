/** What happens to servers, to their database and to what is between them. */
import { setTimeout } from "node:timers/promises";
import { type Decoded, ReplyFailure } from "../../support/resp-decoder.ts";
import { ClusterClient } from "./client.ts";
import type { Load } from "./load.ts";
import type { MemberProcess } from "./members.ts";
import type { Lost } from "./network.ts";
import type { World } from "./world.ts";

/** Whom a fault happens to, and what it may ask. */
export interface Scene {
  readonly world: World;
  readonly owner: MemberProcess;
  readonly standby: MemberProcess;
  readonly random: () => number;
  readonly load: Load;
}

export interface Fault {
  readonly name: string;
  readonly needs?: "network" | "dial";
  /** Resolves when it is over; a text is said of it. */
  readonly happens: (scene: Scene) => Promise<unknown>;
}

/** Longer than a lease. */
const longMs = ({ random }: Scene) => 2500 + random() * 2500;
const JUMP_SECONDS = 180;
/** How long waits for a standby are cancelled. */
const CANCELLING_MS = 1500;

/** Each of them once, in this order; then as it comes. */
const ALL: readonly Fault[] = [
  { name: "owner killed", happens: ownerKilled },
  {
    name: "owner cut off",
    happens: (scene) => cutOff(scene, scene.owner, "both"),
  },
  { name: "primary killed, standby promoted", happens: primaryKilled },
  { name: "standby of the database frozen", happens: standbyFrozen },
  { name: "clock of the owner ahead", needs: "dial", happens: (scene) => clockJumps(scene, JUMP_SECONDS) },
  { name: "owner stopped past its lease", happens: ownerStopped },
  { name: "all members killed", happens: allKilled },
  { name: "owner ended", happens: ownerEnded },
  {
    name: "standby cut off",
    happens: (scene) => cutOff(scene, scene.standby, "both"),
  },
  { name: "standby killed", happens: ({ standby, random }) => killed(standby, random() * 1500) },
  { name: "database killed", happens: databaseKilled },
  {
    name: "owner not heard by the database",
    needs: "network",
    happens: (scene) => cutOff(scene, scene.owner, "to the database"),
  },
  {
    name: "owner does not hear the database",
    needs: "network",
    happens: (scene) => cutOff(scene, scene.owner, "from the database"),
  },
  { name: "primary frozen, standby promoted", happens: primaryFrozen },
  { name: "waits for the standby cancelled", happens: waitsCancelled },
  { name: "waits cancelled, then standby promoted", happens: cancelledThenPromoted },
  { name: "standby frozen and dropped, which all servers require", happens: standbyRequired },
  { name: "clock of the owner behind", needs: "dial", happens: (scene) => clockJumps(scene, -JUMP_SECONDS) },
];

/** Those that can happen here, and why the others cannot. */
export function faultsIn({ noNetwork, noDial }: World) {
  const obstacles = { network: noNetwork, dial: noDial };
  const why = ({ needs }: Fault) => (needs === undefined ? undefined : obstacles[needs]);
  return {
    possible: ALL.filter((fault) => why(fault) === undefined),
    skipped: ALL.filter((fault) => why(fault) !== undefined).map((fault) => `${fault.name}: ${why(fault)}`),
  };
}

/** How many rounds have each kind that a short run needs. */
export const SHORT_ROUNDS = 8;

async function killed(member: MemberProcess, awayMs: number): Promise<void> {
  await member.kill();
  await setTimeout(awayMs);
  await member.start();
}

/** Away until its partitions are served: a process that starts costs the others time. */
async function ownerKilled({ owner, random }: Scene): Promise<void> {
  await killed(owner, 2500 + random() * 1000);
}

async function ownerEnded({ owner, random }: Scene): Promise<void> {
  await owner.terminate();
  await setTimeout(random() * 1500);
  await owner.start();
}

async function allKilled({ world: { members } }: Pick<Scene, "world">): Promise<void> {
  await Promise.all(members.map((member) => member.kill()));
  await Promise.all(members.map((member) => member.start()));
}

async function ownerStopped(scene: Scene): Promise<void> {
  scene.owner.signal("SIGSTOP");
  await setTimeout(longMs(scene));
  scene.owner.signal("SIGCONT");
}

async function cutOff(scene: Scene, { way }: MemberProcess, lost: Lost): Promise<void> {
  await way.cut(lost);
  await setTimeout(longMs(scene));
  await way.heal();
}

async function databaseKilled({ world: { pair } }: Scene): Promise<void> {
  await pair.primary.kill();
  await pair.primary.start();
}

async function primaryKilled({ world: { pair } }: Scene): Promise<void> {
  pair.primary.signalAll("SIGSTOP");
  pair.primary.signalAll("SIGKILL");
  await pair.promote();
  await pair.makeStandby();
}

/** The former primary wakes up when the other one has served for a while, and takes itself for the primary until it is ended. */
async function primaryFrozen(scene: Scene): Promise<void> {
  const { pair } = scene.world;
  pair.primary.signalAll("SIGSTOP");
  await setTimeout(scene.random() * 2500);
  await pair.promote();
  await setTimeout(scene.random() * 3000);
  pair.standby.signalAll("SIGCONT");
  await setTimeout(longMs(scene));
  await pair.standby.kill();
  await pair.makeStandby();
}

/** Nothing is acknowledged until who runs the database drops it. */
async function standbyFrozen(scene: Scene): Promise<void> {
  const { pair } = scene.world;
  const sinceMs = freezeStandby(scene);
  await setTimeout(longMs(scene));
  assertNothingAcknowledged(scene, sinceMs);
  await pair.dropStandby();
  await setTimeout(longMs(scene));
  pair.standby.signalAll("SIGCONT");
  await pair.awaitStandby();
}

/** On one copy writes are refused, or wait where they had begun; what has waited is done when the standby is back. */
async function standbyRequired(scene: Scene): Promise<string> {
  const { world, load } = scene;
  await allStarted(scene, true);
  const sinceMs = freezeStandby(scene);
  await world.pair.dropStandby();
  const client = new ClusterClient(world.members.map(({ port }) => port));
  const met: string[] = [];
  const untilMs = performance.now() + longMs(scene);
  while (performance.now() < untilMs) met.push(await refusedOnOneCopy(client));
  await client.close();
  assertNothingAcknowledged(scene, sinceMs);
  world.pair.standby.signalAll("SIGCONT");
  await world.pair.awaitStandby();
  const backMs = performance.now();
  while (load.lastSentMs < backMs) await setTimeout(5);
  const servedMs = performance.now() - backMs;
  await allStarted(scene, false);
  const found = [...new Set(met)].join(", ");
  return `nothing acknowledged for ${(backMs - sinceMs).toFixed(0)} ms (a write: ${found}), again ${servedMs.toFixed(0)} ms after the standby was back`;
}

/** All servers begin again, and serve. */
async function allStarted({ world, load }: Scene, requiresStandby: boolean): Promise<void> {
  for (const member of world.members) member.requiresStandby = requiresStandby;
  await allKilled({ world });
  const sinceMs = performance.now();
  while (load.lastSentMs < sinceMs) await setTimeout(5);
}

/** What a write comes to: it is refused, or waits; a server that has much waiting takes nothing more. */
async function refusedOnOneCopy(client: ClusterClient): Promise<string> {
  const answer = await client.ask("SET", "copies", "1");
  return answer.kind === "unknown" ? "waits" : (messageOf(answer.reply).split(" ")[0] ?? "");
}

/** @throws Error for a reply that is none of an error */
function messageOf(reply: Decoded): string {
  if (reply instanceof ReplyFailure) return reply.message;
  throw new Error("a write is acknowledged that one copy alone has");
}

async function waitsCancelled(scene: Scene): Promise<void> {
  const { pair } = scene.world;
  const sinceMs = freezeStandby(scene);
  await cancelWaits(scene);
  assertNothingAcknowledged(scene, sinceMs);
  pair.standby.signalAll("SIGCONT");
}

/** What was on one copy is lost with it, and was not acknowledged. */
async function cancelledThenPromoted(scene: Scene): Promise<void> {
  const { pair } = scene.world;
  const sinceMs = freezeStandby(scene);
  await cancelWaits(scene);
  pair.primary.signalAll("SIGSTOP");
  assertNothingAcknowledged(scene, sinceMs);
  pair.primary.signalAll("SIGKILL");
  pair.standby.signalAll("SIGCONT");
  await pair.promote();
  await pair.makeStandby();
}

/** The owner's wall clock jumps and jumps back, which leases do not go by. */
async function clockJumps(scene: Scene, seconds: number): Promise<string> {
  const { owner } = scene;
  const before = owner.leasesEnded;
  owner.dial?.set(seconds);
  await setTimeout(longMs(scene));
  owner.dial?.set(0);
  await setTimeout(longMs(scene));
  return `${owner.leasesEnded - before} of its leases ended`;
}

function freezeStandby({ world: { pair } }: Scene): number {
  pair.standby.signalAll("SIGSTOP");
  return performance.now();
}

async function cancelWaits({ world: { pair } }: Scene): Promise<void> {
  const client = await pair.connect();
  const untilMs = performance.now() + CANCELLING_MS;
  while (performance.now() < untilMs) {
    await client.query(
      "select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep' and pid <> pg_backend_pid()",
    );
    await setTimeout(5);
  }
  await client.end();
}

function assertNothingAcknowledged({ load }: Scene, sinceMs: number): void {
  if (load.lastSentMs >= sinceMs)
    throw new Error(
      `an event is acknowledged that one copy alone has: sent ${load.lastSentMs - sinceMs} ms later`,
    );
}
