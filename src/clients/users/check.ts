/**
 * Whether a user may make a request: the one place that compares what the catalogue says of a request, its command,
 * keys, channels, event and definitions, with what a user's rules allow.
 */
import { bytesOf } from "../../base/bytes.ts";
import { type Command, FLAG, hasFlag } from "../../catalogue/command.ts";
import { hasKeys, type KeyUse, keysOf } from "../../catalogue/keys.ts";
import { channelsIn } from "./channels.ts";
import { definitionsIn } from "./definitions.ts";
import { eventText, type KeyPattern } from "./patterns.ts";
import { eventArgument, FORCE, isForced } from "./permission.ts";
import type { Selector } from "./selector.ts";
import type { User } from "./user.ts";

export type DenialReason = "command" | "key" | "channel" | "definition";

export interface Denial {
  readonly reason: DenialReason;
  /** The name of the command, or the key, channel or definition that is out of bounds. */
  readonly object: Buffer;
  /** Its position in the request; 0 for the command. */
  readonly position: number;
}

/** Why a user may not make a request; undefined when it may. */
export function denialOf(user: User, command: Command, args: readonly Buffer[]): Denial | undefined {
  if (user.isUnlimited) return undefined;
  const request = new Examined(command, args);
  let worst: Denial | undefined;
  for (const selector of user.rules.selectors) {
    const denial = denialBy(selector, request);
    if (denial === undefined) return undefined;
    if (worst === undefined || isWorse(denial, worst)) worst = denial;
  }
  return worst;
}

/** Of several selectors the one that comes furthest says what is missing. */
const RANKS: Readonly<Record<DenialReason, number>> = { command: 1, key: 2, channel: 3, definition: 4 };

function isWorse(denial: Denial, than: Denial): boolean {
  const further = RANKS[denial.reason] - RANKS[than.reason];
  return further > 0 || (further === 0 && denial.position > than.position);
}

/** A request, and the keys in it once somebody has asked for them. */
class Examined {
  readonly command: Command;
  readonly args: readonly Buffer[];
  #keys: readonly KeyUse[] | undefined;

  constructor(command: Command, args: readonly Buffer[]) {
    this.command = command;
    this.args = args;
  }

  get keys(): readonly KeyUse[] {
    this.#keys ??= hasKeys(this.command) ? (keysOf(this.command, this.args) ?? []) : [];
    return this.#keys;
  }
}

function denialBy(selector: Selector, request: Examined): Denial | undefined {
  return (
    commandDenial(selector, request) ??
    keyDenial(selector, request) ??
    channelDenial(selector, request) ??
    definitionDenial(selector, request)
  );
}

function commandDenial(selector: Selector, { command, args }: Examined): Denial | undefined {
  if (selector.hasAllCommands || hasFlag(command, FLAG.NO_AUTH)) return undefined;
  const { name } = command;
  const position = eventArgument(command);
  const event = position === undefined ? undefined : args[position];
  if (event === undefined) {
    const isAllowed = selector.commands.has(name) || hasFirstArgument(selector, command, args);
    return isAllowed ? undefined : commandNamed(name);
  }
  const text = event.toString("latin1");
  if (!mayCarry(selector, name, text)) {
    const isWhole = !selector.commands.has(name) && !selector.events.has(name);
    return commandNamed(isWhole ? name : `${name.toLowerCase()}|${eventText(text)}`);
  }
  return isForced(command, args) && !selector.commands.has(FORCE.name) ? commandNamed(FORCE.name) : undefined;
}

/** Whether a command may carry an event. The rules of SM.SEND hold for SM.MUTATE too, unless it has rules of its own. */
export function mayCarry(selector: Selector, command: string, event: string): boolean {
  const { commands, events } = selector;
  if (events.has(command)) return verdict(selector, command, event);
  return commands.has(command) && (!events.has(SEND) || verdict(selector, SEND, event));
}

const SEND = "SM.SEND";

/** What the last rule says that matches the event; without one, what is said of the command. */
function verdict({ commands, events }: Selector, command: string, event: string): boolean {
  return events.get(command)?.findLast(({ matches }) => matches(event))?.isAllowed ?? commands.has(command);
}

function hasFirstArgument({ firstArguments }: Selector, command: Command, args: readonly Buffer[]): boolean {
  const words = firstArguments.get(command.name);
  const given = args[1]?.toString("latin1").toLowerCase();
  return words !== undefined && given !== undefined && words.includes(given);
}

function keyDenial(selector: Selector, request: Examined): Denial | undefined {
  if (selector.hasAllKeys) return undefined;
  const denied = request.keys.find(({ key, flags }) => !mayTouch(selector, key, accessOf(flags)));
  return denied && { reason: "key", object: denied.key, position: denied.position };
}

/** What a request does to a key. */
export interface Access {
  readonly reads: boolean;
  readonly writes: boolean;
}

export const READ: Access = { reads: true, writes: false };
export const WRITE: Access = { reads: false, writes: true };

function accessOf(flags: KeyUse["flags"]): Access {
  const writes = flags.includes("INSERT") || flags.includes("DELETE") || flags.includes("UPDATE");
  return { reads: flags.includes("ACCESS"), writes };
}

/** One pattern has to allow all that is done to the key. */
export function mayTouch({ hasAllKeys, keys }: Selector, key: Buffer, access: Access): boolean {
  return (
    hasAllKeys || keys.some((pattern) => allows(pattern, access) && pattern.matches(key.toString("latin1")))
  );
}

/** Whether a user may read and change every key, by one of its selectors. */
export function mayChangeAll(user: User): boolean {
  const isWhole = (pattern: KeyPattern) =>
    pattern.text === "*" && allows(pattern, { reads: true, writes: true });
  return user.allows(({ hasAllKeys, keys }) => hasAllKeys || keys.some(isWhole));
}

/** Whether a user may read every key, by one of its selectors: for what reads keys that no rule can name. */
export function mayReadAll(user: User): boolean {
  const isReadable = (pattern: KeyPattern) => pattern.text === "*" && allows(pattern, READ);
  return user.allows(({ hasAllKeys, keys }) => hasAllKeys || keys.some(isReadable));
}

function allows({ reads, writes }: KeyPattern, access: Access): boolean {
  return (reads || !access.reads) && (writes || !access.writes);
}

function channelDenial(selector: Selector, { command, args }: Examined): Denial | undefined {
  if (selector.hasAllChannels) return undefined;
  const denied = channelsIn(command, args).find(
    ({ name, isPattern }) => !mayUseChannel(selector, name, isPattern),
  );
  return denied && { reason: "channel", object: denied.name, position: denied.position };
}

/** Whether a user may read what a key holds. */
export function mayRead(user: User, key: Buffer): boolean {
  return user.allows((selector) => mayTouch(selector, key, READ));
}

/** A pattern to subscribe to has to be allowed by a pattern that is written the same. */
export function mayUseChannel(selector: Selector, channel: Buffer, isPattern: boolean): boolean {
  const name = String(bytesOf(channel));
  if (selector.hasAllChannels) return true;
  return selector.channels.some(({ text, matches }) => (isPattern ? text === name : matches(name)));
}

function definitionDenial(selector: Selector, { command, args }: Examined): Denial | undefined {
  if (selector.hasAllDefinitions) return undefined;
  const denied = definitionsIn(command, args).find(
    ({ id }) => !mayUseDefinition(selector, id.toString("latin1")),
  );
  return denied && { reason: "definition", object: denied.id, position: denied.position };
}

/** A pattern is compared with `name` and with `name:version`, where a version is given. */
export function mayUseDefinition(selector: Selector, id: string): boolean {
  if (selector.hasAllDefinitions) return true;
  const colon = id.lastIndexOf(":");
  const name = colon < 0 ? id : id.slice(0, colon);
  return selector.definitions?.some(({ matches }) => matches(id) || matches(name)) === true;
}

function commandNamed(name: string): Denial {
  return { reason: "command", object: Buffer.from(name, "latin1"), position: 0 };
}
