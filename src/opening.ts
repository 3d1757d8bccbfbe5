/** Opens what the configuration names: a server alone over its directory, or a member of a cluster over a database. */
import { randomBytes } from "node:crypto";
import { networkInterfaces } from "node:os";
import { resolve } from "node:path";
import { systemClock } from "./base/clock.ts";
import { type Announcement, PostgresLeases } from "./cluster/database.ts";
import { PostgresBus } from "./cluster/postgres-bus.ts";
import { PostgresLog } from "./cluster/postgres-log.ts";
import { SYSTEM_TIMERS } from "./cluster/timers.ts";
import { leaseTimes } from "./cluster/times.ts";
import { DETENT_VERSION } from "./commands/versions.ts";
import type { Config } from "./config/config.ts";
import { LMDB, shownAddress } from "./config/directives/cluster.ts";
import { importProgress } from "./export/import.ts";
import { Store } from "./keyspace/store.ts";
import { type RunningMember, startMember } from "./member.ts";
import { OBJECT_TYPES } from "./object-types.ts";
import type { OwnedStore, StoreRequest } from "./owned-store.ts";
import type { ProgramLog } from "./program-log.ts";
import { type RunningServer, start } from "./start.ts";
import { checkData } from "./storage/check-data.ts";
import { wasLeftOpen } from "./storage/directory-lock.ts";
import { OpenError } from "./storage/ordered-store.ts";
import { withClient } from "./storage/postgres/connection.ts";
import type { PostgresOptions } from "./storage/postgres/opening.ts";
import { MAIL_CHANNEL, PostHints } from "./storage/postgres/post.ts";
import { assertSchema, type SchemaClient } from "./storage/postgres/schema.ts";
import { SharedLines } from "./storage/postgres/shared-lines.ts";
import { untilLoaded } from "./storage/until-loaded.ts";

/** How long the data file is looked at after an end that was not clean, so that a start does not take long. */
const VERIFY_BUDGET_MS = 2000;
/** A server that runs, alone or as a member. */
export interface Opened {
  readonly server: RunningServer;
  /** Undefined: it runs alone. */
  readonly member: RunningMember | undefined;
  /** The address that other servers and clients are given for it; undefined: it runs alone. */
  readonly announced: string | undefined;
  close(): Promise<void>;
}

export interface Opening {
  readonly config: Config;
  readonly log: ProgramLog;
  /** The process is to end, for a reason. */
  readonly end: (reason: string) => void;
}

/** @throws OpenError, ListenError, HttpListenError or UsersError with a message for the operator */
export async function open(opening: Opening): Promise<Opened> {
  if (opening.config.get("store") !== LMDB) return await openMember(opening);
  const server = await openAlone(opening);
  return { server, member: undefined, announced: undefined, close: () => server.close() };
}

async function openAlone(opening: Opening): Promise<RunningServer> {
  const { config } = opening;
  const { log } = opening.log;
  const openedMs = performance.now();
  verifyData(config);
  const archive = config.get("journal-archive-dir");
  const store = Store.open(config.get("dir"), OBJECT_TYPES, {
    archiveDirectory: archive === "" ? undefined : resolve(config.get("dir"), archive),
  });
  if (importProgress(store.begin()) !== undefined) {
    await store.close();
    throw new OpenError(
      `an import into '${config.get("dir")}' has not come to its end: run it again, or remove what is in the directory`,
    );
  }
  const tookMs = (performance.now() - openedMs).toFixed(0);
  log(`Store opened in ${config.get("dir")} (appendfsync ${config.get("appendfsync")}) in ${tookMs} ms`);
  try {
    return await start({ ...common(opening), store });
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function openMember(opening: Opening): Promise<Opened> {
  const { config } = opening;
  const url = config.get("store");
  // New at each start: a process that was killed, and one that is frozen, must not be taken for the one in its place.
  const id = randomBytes(20).toString("hex");
  const leaseMs = config.get("cluster-lease");
  const { answerMs } = leaseTimes(leaseMs, config.get("cluster-lease-margin"));
  const { log } = opening.log;
  log(`Member ${id} of the cluster in ${shownAddress(url)}`);
  const hasSeveral = await withClient(url, hasSeveralPartitions);
  const logs: PostgresLog[] = [];
  const bus = new PostgresBus({ url, log });
  const requiresStandby = config.get("cluster-require-standby");
  const lines = hasSeveral ? new SharedLines({ url, requiresStandby }) : undefined;
  const postHints = new PostHints();
  const member = await startMember({
    ...common(opening),
    bus,
    id,
    timers: SYSTEM_TIMERS,
    postHints,
    database: (server, onHint) =>
      new PostgresLeases({
        url,
        id,
        leaseMs,
        answerMs,
        announcement: () => announcement(config, server()),
        onHint,
        ...(hasSeveral && { also: { channel: MAIL_CHANNEL, onSaid: (text) => postHints.said(text) } }),
      }),
    openStore: (request) => openStore({ url, lines, requiresStandby }, request),
    ...(hasSeveral && {
      clusterLog: (onHint: () => void) => {
        const shared = new PostgresLog({ url, answerMs, onHint });
        logs.push(shared);
        return shared;
      },
    }),
  }).catch(async (error: unknown) => {
    await closeAll([bus, ...logs, lines]);
    throw error;
  });
  return {
    get server() {
      return member.server;
    },
    member,
    get announced() {
      const { host, port, tlsPort } = announcement(config, member.server);
      return port === 0 ? `${host}:${tlsPort} (TLS)` : `${host}:${port}`;
    },
    close: async () => {
      await member.close();
      await closeAll([bus, ...logs, lines]);
    },
  };
}

/** @throws OpenError unless the tables are those of this version */
async function hasSeveralPartitions(client: SchemaClient): Promise<boolean> {
  await assertSchema(client);
  const { rows } = await client.query("select from detent_partition limit 2");
  return rows.length > 1;
}

async function closeAll(connected: ReadonlyArray<{ close(): Promise<void> } | undefined>): Promise<void> {
  for (const one of connected) await one?.close();
}

async function openStore(
  database: Pick<PostgresOptions, "url" | "lines" | "requiresStandby">,
  { partition, owner, epoch, onLost, rest }: StoreRequest,
): Promise<OwnedStore> {
  const store = await Store.openPostgres({ ...database, partition, owner, epoch, rest }, OBJECT_TYPES);
  const unfinished = await untilLoaded(() => importProgress(store.begin()));
  if (unfinished !== undefined) {
    store.abandon();
    throw new OpenError(
      "'detent move' into the database has not come to its end: run 'detent cluster init' on an empty schema, and move again",
    );
  }
  store.onLost(onLost);
  return { store, drained: () => store.drained(), abandon: async () => store.abandon() };
}

function common({ config, log, end }: Opening) {
  return {
    config,
    clock: systemClock({
      onSetBack: (byMs) =>
        log.log(
          `The system's clock is ${byMs} ms behind: time goes on from where it was, slower until the clock has caught up`,
          "warning",
        ),
    }),
    log: log.log,
    droppedLogLineCount: log.droppedLineCount,
    // Port 0 asks the system for any port; the directive means none by it.
    port: config.get("port") === 0 ? ("none" as const) : config.get("port"),
    onShutdown: () => end("User requested shutdown"),
  };
}

/** Where clients find the member, and what the others may want to know of it. */
function announcement(config: Config, { port, httpPort, context }: RunningServer): Announcement {
  const isForThisHost = config.get("protected-mode") && !context.users.needsLogin;
  return {
    host: config.get("cluster-announce-ip") || ownAddress(config.get("bind"), isForThisHost),
    port: config.get("cluster-announce-port") || port,
    tlsPort: config.get("cluster-announce-tls-port") || config.get("tls-port"),
    info: { version: DETENT_VERSION, pid: process.pid, httpPort },
  };
}

/** An address that it listens on. @param isForThisHost it refuses clients of other hosts, so that only its loopback is of use */
function ownAddress(bind: readonly string[], isForThisHost: boolean): string {
  const named = bind.map((address) => address.replace(/^-/, ""));
  const fixed = named.find((address) => !/^(\*|0\.0\.0\.0|::|::\*)$/.test(address));
  if (fixed !== undefined) return fixed;
  if (isForThisHost) return "127.0.0.1";
  const others = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return others.find(({ internal, family }) => !internal && family === "IPv4")?.address ?? "127.0.0.1";
}

/**
 * Reads the data file in another process, all of it if that is wanted: damage would end this one when it is met.
 * @throws OpenError
 */
function verifyData(config: Config): void {
  const directory = config.get("dir");
  if (!config.get("verify") && !wasLeftOpen(directory)) return;
  const budgetMs = config.get("verify") ? Number.POSITIVE_INFINITY : VERIFY_BUDGET_MS;
  const [damage] = checkData(directory, budgetMs);
  if (damage !== undefined) throw new OpenError(damage);
}
