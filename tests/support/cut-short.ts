/** Commits that wait for a standby which is not there, until somebody cancels that: the database answers with a mere warning. */
import type pg from "pg";

const TRIES_MAX = 10_000;

/** From now on commits wait for a standby, and none comes; those of this client do not. @param probe another client */
export async function awaitStandby(client: pg.Client, probe: pg.Client): Promise<void> {
  await client.query("set synchronous_commit = local");
  await setStandbys(client, "nobody");
  const { rows } = await probe.query<{ pid: number }>("select pg_backend_pid() as pid");
  const isProbe = `pid = ${rows[0]?.pid}`;
  // A process of its own takes note of the names, by and by: until then commits do not wait.
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    let isDone = false;
    const commit = probe.query("select pg_logical_emit_message(true, 'probe', '')").finally(() => {
      isDone = true;
    });
    let hasWaited = false;
    while (!isDone && !hasWaited) hasWaited = await cancelled(client, isProbe);
    await commit;
    if (hasWaited) return;
  }
  throw new Error("commits do not wait");
}

/** Commits that wait go on, and none waits from now on. */
export async function dropStandby(client: pg.Client): Promise<void> {
  await setStandbys(client, "");
}

/** Cancels the next wait of a session of that name, as who runs the database may do. */
export async function cancelWait(client: pg.Client, name: string): Promise<void> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1)
    if (await cancelled(client, `application_name = '${name}'`)) return;
  throw new Error(`no session waits that is called ${name}`);
}

/** @param which a condition of SQL */
async function cancelled(client: pg.Client, which: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep' and ${which}`,
  );
  return rowCount !== 0;
}

async function setStandbys(client: pg.Client, names: string): Promise<void> {
  await client.query(`alter system set synchronous_standby_names = '${names}'`);
  await client.query("select pg_reload_conf()");
  // A session reads it anew before its next statement.
  for (;;) {
    const { rows } = await client.query<{ names: string }>(
      "select current_setting('synchronous_standby_names') as names",
    );
    if (rows[0]?.names === names) return;
  }
}
