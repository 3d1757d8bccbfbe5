/** Syntax lines, made from the arguments that commands.json declares. */
import type { Argument, Declaration } from "./declaration.ts";

/**
 * The syntax line of a command: `GETEX key [EX seconds | PX milliseconds | PERSIST]`. Words to be typed are in
 * capitals; what is in brackets may be left out; "..." follows what may be repeated. ASCII only.
 */
export function syntaxLine({ name, arguments: grammar }: Declaration): string {
  return [name.replace("|", " "), ...grammar.map(argumentSyntax)].join(" ");
}

function argumentSyntax(argument: Argument): string {
  const value = valueSyntax(argument);
  const withToken =
    argument.token === undefined || argument.type === "pure-token" ? value : `${argument.token} ${value}`;
  const full = argument.isMultiple ? `${withToken} ${repetition(argument, value, withToken)}` : withToken;
  return argument.isOptional ? `[${full}]` : full;
}

/** What is repeated with its token is repeated as a whole, otherwise only the value is; choices are not shown twice. */
function repetition(argument: Argument, value: string, withToken: string): string {
  if (argument.type === "oneof") return "...";
  return `[${argument.isMultipleToken ? withToken : value} ...]`;
}

function valueSyntax(argument: Argument): string {
  switch (argument.type) {
    case "pure-token":
      return argument.token ?? argument.name;
    case "block":
      return argument.parts.map(argumentSyntax).join(" ");
    case "oneof": {
      // The brackets of an optional argument or of a token do for the choices what parentheses would.
      const choices = argument.parts
        .map((part) => argumentSyntax({ ...part, isOptional: false }))
        .join(" | ");
      return argument.isOptional && argument.token === undefined && !argument.isMultiple
        ? choices
        : `<${choices}>`;
    }
    default:
      return argument.display ?? argument.name;
  }
}
