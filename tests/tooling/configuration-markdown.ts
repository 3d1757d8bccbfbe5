/** docs/configuration.md and its appendix, the reference for users, made from the table of directives alone. */
import type { Directive } from "../../src/config/directive.ts";
import { SECTIONS } from "../../src/config/directives.ts";

/** The whole document. */
export function configurationMarkdown(): string {
  const entries = SECTIONS.map(({ title, directives }) => ({ title, all: Object.entries(directives) }));
  const sections = entries.flatMap(({ title, all }) => {
    const effective = all.filter(([, { hasNoEffect }]) => !hasNoEffect);
    return effective.length === 0 ? [] : [`## ${title}\n\n${table(effective)}\n`];
  });
  return `${INTRODUCTION}\n${sections.join("\n")}`;
}

/** The appendix: directives that are accepted and do nothing. */
export function withoutEffectMarkdown(): string {
  const all = SECTIONS.flatMap(({ directives }) => Object.entries(directives));
  return `${WITHOUT_EFFECT}\n${table(all.filter(([, { hasNoEffect }]) => hasNoEffect))}\n`;
}

const INTRODUCTION = `<!-- Made from the table in src/config/directives.ts; \`make docs\` writes it. -->

# Configuration

Detent reads its configuration as redis-server does: a file in the syntax of redis.conf, options on the command line,
or both. \`detent [file|-] [--directive value …] [-]\`; \`-\` reads standard input. Variables of the environment override
the file, and options override both.

\`\`\`
detent /etc/detent.conf --port 6380 --appendfsync everysec
\`\`\`

* One directive per line: its name in any case, then its value. \`#\` begins a comment line. Words may be quoted:
  \`"a \\"b\\" \\x41"\` knows the escapes \`\\n \\r \\t \\b \\a \\xHH\`, \`'it\\'s'\` knows \`\\'\` only.
* Sizes are bytes with an optional unit: \`k\`, \`m\`, \`g\` are powers of 1000, \`kb\`, \`mb\`, \`gb\` powers of 1024.
* A variable is \`DETENT_\` and the name in capitals, with \`_\` for \`-\`: \`DETENT_MAXCLIENTS=100\`. A value of several words
  is one string, \`DETENT_SAVE="900 1 60 5"\`; a variable for \`rename-command\`, \`include\` or \`user\` has one value per line. The log lists
  variables that match no directive, except those that Kubernetes sets for a service called \`detent\`.
* A wrong line stops the start: the line and the reason go to standard error, the exit code is 1.
* \`CONFIG GET pattern …\` shows values, \`CONFIG SET directive value …\` changes all of them or none, and
  \`CONFIG REWRITE\` brings the file up to date, keeping its comments and order.
* *At start* marks what CONFIG SET cannot change. CONFIG SET of \`bind\`, \`port\` and \`tls-port\` moves the listeners and
  keeps open connections; within MULTI it is refused. [TLS](tls.md) has a page of its own.
* Directives that have no effect here are listed [in an appendix](configuration-without-effect.md).
`;

const WITHOUT_EFFECT = `<!-- Made from the table in src/config/directives.ts; \`make docs\` writes it. -->

# Directives without effect

These are accepted, checked and remembered, so that existing files load and tools find what they ask for. They have no effect; the last
column says why. The log lists those that a file sets to another value than the default.
`;

function table(entries: ReadonlyArray<readonly [string, Directive<unknown>]>): string {
  const rows = entries.map(([name, entry]) => {
    const names = [name, ...entry.aliases].map((spelling) => `\`${spelling}\``).join(", ");
    const value = entry.type.lines(entry.default).join("; ");
    return `| ${[names, cell(entry.type.syntax), code(value), cell(notes(entry))].join(" | ")} |`;
  });
  return ["| Directive | Value | Default | |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

function notes(entry: Directive<unknown>): string {
  const marks = [entry.isMutable ? "" : entry.isFileOnly ? "*File and command line only.*" : "*At start.*"];
  return [entry.summary, ...marks].filter((note) => note !== "").join(" ");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function code(value: string): string {
  return value === "" ? "" : `\`${value}\``;
}
