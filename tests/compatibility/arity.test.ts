/** The number of arguments of every command that Redis has too: one less and one more than it takes. */
import { CATALOGUE } from "../../src/catalogue/catalogue.ts";
import { describeAgainstRedis } from "./differential.ts";
import { error, type Step } from "./script.ts";

/** New in Redis 7.2, or taking one argument less there. */
const NEW = new Set([
  "CLIENT|NO-TOUCH",
  "CLIENT|SETINFO",
  "CLUSTER|MYSHARDID",
  "COMMAND|GETKEYS",
  "COMMAND|GETKEYSANDFLAGS",
  "WAITAOF",
  // They take WITHSCORE there.
  "ZRANK",
  "ZREVRANK",
]);

const commands = CATALOGUE.commands
  .flatMap((command) => [command, ...command.subcommands.values()])
  .map(({ declaration }) => declaration)
  .filter(({ name, module }) => module === undefined && !NEW.has(name));

/** The name with so many words in all. */
function request(name: string, count: number): string[] {
  const words = name.split("|");
  return [...words, ...Array.from({ length: count - words.length }, () => "a")];
}

const steps = commands.flatMap(({ name, arity }): Step[] => {
  const least = Math.abs(arity) - 1;
  return [
    ...(least < name.split("|").length ? [] : [error(...request(name, least))]),
    ...(arity < 0 ? [] : [error(...request(name, arity + 1))]),
  ];
});

const containers = CATALOGUE.commands
  .filter(({ subcommands, declaration }) => subcommands.size > 0 && declaration.module === undefined)
  .flatMap(({ name }) => [error(name, "nope"), error(name, "nope", "a", "b"), error(name, "help", "a")]);

describeAgainstRedis("Arity", {
  "of every command": steps,
  "of containers and what is no subcommand of theirs": containers,
});
