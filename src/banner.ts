/** What a start says to a person: where the server listens, where its data is, who may connect, what to type first. */
import { DETENT_VERSION } from "./commands/versions.ts";
import type { Config } from "./config/config.ts";
import { LMDB, shownAddress } from "./config/directives/cluster.ts";
import type { RunningServer } from "./start.ts";

const DOOR =
  '{"initial":"closed","states":{"closed":{"on":{"OPEN":"open"}},"open":{"on":{"CLOSE":"closed"}}}}';

export interface StartFacts {
  readonly config: Config;
  readonly server: Pick<RunningServer, "addresses" | "port" | "httpPort">;
  /** Where the other servers of a cluster and its clients find it; undefined: it runs alone. */
  readonly announced?: string | undefined;
  /** False when the default user needs no password. */
  readonly needsPassword: boolean;
}

/** The banner for a terminal. */
export function bannerText(facts: StartFacts): string {
  const { config, server } = facts;
  const places = server.addresses.filter((address) => !isHttp(address));
  const rows = [
    ["Redis protocol", places.join(", ")],
    ["Console", consoleOf(facts)],
    ["Data", dataOf(config)],
    ...(facts.announced === undefined ? [] : [["Announced as", facts.announced]]),
    ["Password", accessText(facts)],
  ].map(([title = "", text = ""]) => `  ${title.padEnd(16)}${text}`);
  return `\n  Detent ${DETENT_VERSION}\n\n${rows.join("\n")}\n\n${firstSteps(facts)}\n`;
}

function dataOf(config: Config): string {
  const store = config.get("store");
  if (store !== LMDB) return `${shownAddress(store)}, shared with the other servers of the cluster`;
  return `${config.get("dir")} (appendfsync ${config.get("appendfsync")})`;
}

/** Who may connect, in one line. */
export function accessText({ config, needsPassword }: StartFacts): string {
  if (needsPassword) return "required";
  if (config.get("protected-mode"))
    return "none; connections from other hosts are refused (protected-mode yes)";
  return "none; every host that reaches this port can do everything. To set one: --requirepass SECRET";
}

function consoleOf({ server }: StartFacts): string {
  const address = server.addresses.find(isHttp);
  if (address === undefined) return "off; --http-port 8379 turns it on";
  // A browser wants a name, not the wildcard address that the server listens on.
  return `${address.replace(/\/\/(0\.0\.0\.0|\[?::\]?)(?=:\d+$)/, "//localhost")}/`;
}

function firstSteps({ config, server, needsPassword }: StartFacts): string {
  const options = [
    server.port > 0 && config.get("port") === 0 ? " --tls" : "",
    server.port > 0 ? ` -p ${server.port}` : ` -s ${config.get("unixsocket")}`,
    needsPassword ? " --askpass" : "",
  ].join("");
  const lines = [
    `SM.DEF CREATE door '${DOOR}'`,
    "SM.CREATE door:1 door",
    "SM.SEND door:1 OPEN",
    "SM.WHY door:1 OPEN",
  ];
  const typed = lines.map((line) => `    redis-cli${options} ${line}`).join("\n");
  return `  To begin:\n${typed}\n${needsPassword ? "" : withoutRedisCli(config)}\n  Ctrl-C stops the server. Data stays.\n`;
}

/** For a computer that has Node and no Redis. */
function withoutRedisCli(config: Config): string {
  const port = config.get("port");
  if (port === 0) return "";
  const url = port === DEFAULT_PORT ? "" : ` --url redis://127.0.0.1:${port}`;
  return `\n  Without redis-cli: detent call${url}, or node dist/main.js call${url} in a checkout.\n`;
}

const DEFAULT_PORT = 6379;

function isHttp(address: string): boolean {
  return address.startsWith("http");
}
