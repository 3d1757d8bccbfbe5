/**
 * The table of directives: the one place that says which exist. Parsing, CONFIG, the command line and
 * docs/configuration.md are derived from it. To add a directive, add one entry to the section it belongs to.
 */
import type { Directive } from "./directive.ts";
import { CLUSTER } from "./directives/cluster.ts";
import { COMPATIBILITY } from "./directives/compatibility.ts";
import { DURABILITY } from "./directives/durability.ts";
import { GENERAL } from "./directives/general.ts";
import { HTTP } from "./directives/http.ts";
import { LIMITS } from "./directives/limits.ts";
import { MACHINES } from "./directives/machines.ts";
import { NETWORK } from "./directives/network.ts";
import { REPLICATION } from "./directives/replication.ts";
import { SCRIPTS } from "./directives/scripts.ts";
import { TLS } from "./directives/tls.ts";

export const DIRECTIVES = {
  ...NETWORK,
  ...TLS,
  ...LIMITS,
  ...HTTP,
  ...GENERAL,
  ...DURABILITY,
  ...MACHINES,
  ...SCRIPTS,
  ...COMPATIBILITY,
  ...CLUSTER,
  ...REPLICATION,
} as const satisfies Readonly<Record<string, Directive<unknown>>>;

export type DirectiveName = keyof typeof DIRECTIVES;

/** The values of all directives, each with the type its entry declares. */
export type ConfigValues = {
  readonly [Name in DirectiveName]: (typeof DIRECTIVES)[Name]["default"];
};

/** The sections of the table, in the order of the documentation. */
export const SECTIONS: ReadonlyArray<{
  readonly title: string;
  readonly directives: Readonly<Record<string, Directive<unknown>>>;
}> = [
  { title: "Network and clients", directives: NETWORK },
  { title: "TLS", directives: TLS },
  { title: "Limits", directives: LIMITS },
  { title: "HTTP", directives: HTTP },
  { title: "Process, access and observation", directives: GENERAL },
  { title: "State machines", directives: MACHINES },
  { title: "Scripts", directives: SCRIPTS },
  { title: "Durability", directives: DURABILITY },
  { title: "Accepted for compatibility", directives: COMPATIBILITY },
  { title: "Cluster", directives: CLUSTER },
  { title: "Replication", directives: REPLICATION },
];

/** The directive a word names, in any case, by its name or an alias. */
export function directiveNamed(word: string): DirectiveName | undefined {
  return NAMES.get(word.toLowerCase());
}

/** The entry of a directive, its value type left open. */
export function directiveEntry(name: DirectiveName): Directive<unknown> {
  return DIRECTIVES[name];
}

/** All names, aliases among them right after their directive, in the order of the table. */
export function spellings(): ReadonlyMap<string, DirectiveName> {
  return NAMES;
}

const NAMES: ReadonlyMap<string, DirectiveName> = new Map(
  (Object.keys(DIRECTIVES) as DirectiveName[]).flatMap((name) =>
    [name, ...directiveEntry(name).aliases].map((spelling) => [spelling, name] as const),
  ),
);
