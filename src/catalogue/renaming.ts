/** `rename-command`: commands under other names, or taken away. */
import type { CommandRenaming } from "../config/structured-types.ts";
import type { Catalogue } from "./catalogue.ts";
import { nameTable } from "./names.ts";

/** The catalogue with the renamings applied in order. What replies call a command stays its own name. */
export function renameCommands(catalogue: Catalogue, renamings: readonly CommandRenaming[]): Catalogue {
  if (renamings.length === 0) return catalogue;
  const byName = new Map(catalogue.commands.map((command) => [command.name.toLowerCase(), command]));
  for (const { from, to } of renamings) {
    const command = byName.get(from.toLowerCase());
    byName.delete(from.toLowerCase());
    if (command !== undefined && to !== "") byName.set(to.toLowerCase(), command);
  }
  const left = new Set(byName.values());
  return { commands: catalogue.commands.filter((command) => left.has(command)), byName: nameTable(byName) };
}
