/**
 * What belongs to a whole cluster and to no partition: definitions of machines, migrations, and libraries of functions. Where there are several
 * partitions, a command that changes them is run through the log of the cluster (server/shared-changes.ts).
 */
import { type Command, FLAG, hasFlag } from "../../catalogue/command.ts";

/** All that these containers write is such. */
const CONTAINERS: readonly string[] = ["SM.DEF|", "SM.MIGRATION|", "FUNCTION|"];

export function changesWhatIsShared(command: Command): boolean {
  const { name } = command.declaration;
  return hasFlag(command, FLAG.WRITE) && CONTAINERS.some((container) => name.startsWith(container));
}
