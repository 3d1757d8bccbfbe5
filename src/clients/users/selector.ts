/**
 * A set of rights: commands, keys, channels, events and definitions. A user has one or more, and a request is allowed
 * when one of them allows all of it.
 */
import type { Catalogue } from "../../catalogue/catalogue.ts";
import { isCategory } from "../../catalogue/info.ts";
import type { EventRule, KeyPattern, Pattern } from "./patterns.ts";
import { eventText, pattern } from "./patterns.ts";
import { allPermissions, type Permission, withSubcommands } from "./permission.ts";

export class Selector {
  /** Every command there is or will be, so that none has to be looked up. */
  hasAllCommands = false;
  /** The rules began with `+@all`: what is added to the catalogue later is allowed. */
  isOpen = false;
  /** By name, as `Command` has it. */
  readonly commands = new Set<string>();
  /** First arguments of commands that are otherwise refused, in lower case. */
  readonly firstArguments = new Map<string, string[]>();
  /** By command, those of SM.SEND and SM.MUTATE. */
  readonly events = new Map<string, EventRule[]>();
  /** The rules for commands behind the first, `+@all` or `-@all`, as they were given. */
  commandRules: string[] = [];
  hasAllKeys = false;
  keys: KeyPattern[] = [];
  hasAllChannels = false;
  channels: Pattern[] = [];
  /** Undefined: nothing was said of definitions. Who has all keys then has all of them. */
  definitions: Pattern[] | undefined;

  copy(): Selector {
    const copy = new Selector();
    copy.hasAllCommands = this.hasAllCommands;
    copy.isOpen = this.isOpen;
    for (const name of this.commands) copy.commands.add(name);
    for (const [name, words] of this.firstArguments) copy.firstArguments.set(name, [...words]);
    for (const [name, rules] of this.events) copy.events.set(name, [...rules]);
    copy.commandRules = [...this.commandRules];
    copy.hasAllKeys = this.hasAllKeys;
    copy.keys = [...this.keys];
    copy.hasAllChannels = this.hasAllChannels;
    copy.channels = [...this.channels];
    copy.definitions = this.definitions === undefined ? undefined : [...this.definitions];
    return copy;
  }

  get hasAllDefinitions(): boolean {
    return this.definitions === undefined
      ? this.hasAllKeys
      : this.definitions.some(({ text }) => text === "*");
  }

  /** Nothing at all is refused. */
  get isUnlimited(): boolean {
    const { hasAllCommands, hasAllKeys, hasAllChannels, hasAllDefinitions } = this;
    return hasAllCommands && hasAllKeys && hasAllChannels && hasAllDefinitions;
  }

  /** `+@all` and `-@all`. */
  setAll(isAllowed: boolean, catalogue: Catalogue): void {
    this.hasAllCommands = isAllowed;
    this.isOpen = isAllowed;
    this.commands.clear();
    if (isAllowed) for (const { name } of allPermissions(catalogue)) this.commands.add(name);
    this.firstArguments.clear();
    this.events.clear();
    this.commandRules = [];
  }

  /** A command with its subcommands. */
  setCommand(permission: Permission, isAllowed: boolean): void {
    this.#set(permission, isAllowed);
    this.#note(permission.name, isAllowed);
  }

  /** The commands of a category, named without its `@`. False when there is no such category. */
  setCategory(category: string, isAllowed: boolean, catalogue: Catalogue): boolean {
    if (!isCategory(category)) return false;
    const wanted = category.toUpperCase();
    for (const permission of allPermissions(catalogue)) {
      if (permission.aclCategories.some((one) => one === wanted)) this.#set(permission, isAllowed);
    }
    this.#note(`@${category}`, isAllowed);
    return true;
  }

  addFirstArgument({ name }: Permission, word: string): void {
    const words = this.firstArguments.get(name) ?? [];
    if (!words.includes(word.toLowerCase())) words.push(word.toLowerCase());
    this.firstArguments.set(name, words);
    this.#note(`${name}|${word}`, true);
  }

  /** The last rule that matches an event counts. */
  setEvent({ name }: Permission, event: string, isAllowed: boolean): void {
    const rules = (this.events.get(name) ?? []).filter(({ text }) => text !== event);
    rules.push({ ...pattern(event), isAllowed });
    this.events.set(name, rules);
    if (!isAllowed) this.hasAllCommands = false;
    this.#noteRule(`${name.toLowerCase()}|${eventText(event)}`, isAllowed);
  }

  #set(permission: Permission, isAllowed: boolean): void {
    for (const { name } of withSubcommands(permission)) {
      if (isAllowed) this.commands.add(name);
      else this.commands.delete(name);
      this.firstArguments.delete(name);
      this.events.delete(name);
    }
    if (!isAllowed) this.hasAllCommands = false;
  }

  #note(rule: string, isAllowed: boolean): void {
    this.#noteRule(rule.toLowerCase(), isAllowed);
  }

  /** A rule takes the place of an earlier one on the same, and of those on parts of it. */
  #noteRule(rule: string, isAllowed: boolean): void {
    const kept = this.commandRules.filter((one) => one.slice(1) !== rule && !one.startsWith(`${rule}|`, 1));
    this.commandRules = [...kept, `${isAllowed ? "+" : "-"}${rule}`];
  }
}
