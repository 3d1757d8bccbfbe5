/**
 * What a user is given or refused by name: each command and subcommand of the catalogue, and what a command does
 * beyond its ordinary work and is a permission of its own.
 */
import { type Catalogue, findByFullName } from "../../catalogue/catalogue.ts";
import type { Command } from "../../catalogue/command.ts";

export type Permission = Pick<Command, "name" | "aclCategories">;

/** The FORCE of SM.MUTATE: a state that no transition leads to. The command alone does not give it. */
export const FORCE: Permission = {
  name: "sm.force",
  aclCategories: ["WRITE", "SLOW", "DANGEROUS", "STATEMACHINE"],
};

/** Whether a request needs that permission. */
export function isForced({ name }: Permission, args: readonly Buffer[]): boolean {
  return name === "SM.MUTATE" && args[4]?.toString("latin1").toUpperCase() === "FORCE";
}

const BESIDE_COMMANDS: readonly Permission[] = [FORCE];

/** Commands that carry an event, and which argument it is: their rules may name events, as in `sm.send|SHIP`. */
const EVENT_ARGUMENTS: Readonly<Record<string, number>> = { "SM.SEND": 2, "SM.MUTATE": 2 };

/** The position of the event in a request of a command; undefined when it carries none. */
export function eventArgument({ name }: Permission): number | undefined {
  return Object.hasOwn(EVENT_ARGUMENTS, name) ? EVENT_ARGUMENTS[name] : undefined;
}

/** The permission of a name in any case, `container|subcommand` for a subcommand. */
export function findPermission(catalogue: Catalogue, name: string): Permission | undefined {
  const lower = name.toLowerCase();
  return findByFullName(catalogue, lower) ?? BESIDE_COMMANDS.find((one) => one.name === lower);
}

/** Every permission there is. */
export function allPermissions({ commands }: Catalogue): readonly Permission[] {
  return [...commands.flatMap((command) => [command, ...command.subcommands.values()]), ...BESIDE_COMMANDS];
}

/** A permission with those that go with it: a container stands for its subcommands. */
export function withSubcommands(permission: Permission): readonly Permission[] {
  return "subcommands" in permission
    ? [permission, ...(permission as Command).subcommands.values()]
    : [permission];
}
