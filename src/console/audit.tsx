/** Who did what that is administrative or forced: the newest entries of the audit stream, which is in database 0. */
import { command, database } from "./api.ts";
import { linkTo, setQuery, submitted, useLoaded } from "./hooks.ts";
import { type Entry, latestEntries } from "./latest-entries.ts";
import { commandName, Fault, Panel } from "./parts.tsx";

const ENTRIES_MAX = 200;

interface Audited {
  /** Of the stream; empty where nothing is recorded. */
  readonly name: string;
  readonly entries: readonly Entry[];
}

async function audited(): Promise<Audited> {
  const config = await command<Readonly<Record<string, string>>>("CONFIG", "GET", "sm-audit-stream");
  const name = config["sm-audit-stream"] ?? "";
  return { name, entries: name === "" ? [] : await latestEntries("AUDIT", name, ENTRIES_MAX) };
}

export function Audit({ query, tick }: { readonly query: URLSearchParams; readonly tick: number }) {
  const isElsewhere = database() !== "" && database() !== "0";
  const { data, error } = useLoaded(`audit ${isElsewhere}`, tick, async () =>
    isElsewhere ? undefined : audited(),
  );
  const [user, name] = [query.get("user") ?? "", query.get("command") ?? ""];
  const shown = data?.entries.filter(({ fields }) => {
    const isOfUser = user === "" || fields.get("user") === user;
    return isOfUser && (name === "" || fields.get("command")?.startsWith(name.toLowerCase()) === true);
  });
  return (
    <>
      <h1>Who did what</h1>
      <Fault error={error} />
      {isElsewhere && (
        <p class="hint">What is done in all databases is recorded in database 0: look there.</p>
      )}
      {data?.name === "" && (
        <p class="hint">
          Nothing is recorded: the directive <code>sm-audit-stream</code> names the stream for it.
        </p>
      )}
      {data !== undefined && data.name !== "" && (
        <>
          <form
            class="filter"
            // What is typed stays while changes come.
            key={`${user} ${name}`}
            onSubmit={submitted((given) => {
              setQuery("user", given("user"));
              setQuery("command", given("command"));
            })}
          >
            <label for="audit-user">
              User
              <input id="audit-user" name="user" defaultValue={user} />
            </label>
            <label for="audit-command">
              Command
              <input id="audit-command" name="command" defaultValue={name} placeholder="sm.patch" />
            </label>
            <button type="submit" class="primary">
              Show
            </button>
          </form>
          <Panel title={`The latest of ${data.name}`}>
            {shown?.length === 0 && <p class="hint">None.</p>}
            <Entries entries={shown ?? []} />
          </Panel>
        </>
      )}
    </>
  );
}

function Entries({ entries }: { readonly entries: readonly Entry[] }) {
  if (entries.length === 0) return null;
  return (
    <table class="audit">
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col">User</th>
          <th scope="col">From</th>
          <th scope="col">Command</th>
          <th scope="col">Outcome</th>
        </tr>
      </thead>
      <tbody>
        {entries.map(({ stream, id, fields }) => (
          <tr key={`${stream} ${id}`}>
            <td class="when">{new Date(Number(id.split("-")[0])).toLocaleString()}</td>
            <td>{fields.get("user")}</td>
            <td>
              <small>{fields.get("addr")}</small>
            </td>
            <td>
              <b>{commandName(fields.get("command") ?? "")}</b> <Arguments fields={fields} />
            </td>
            <td class={fields.get("outcome") === "OK" ? "" : "bad"}>{fields.get("outcome")}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Commands that act on one machine name it first. */
function Arguments({ fields }: { readonly fields: ReadonlyMap<string, string> }) {
  const given: unknown = JSON.parse(fields.get("args") ?? "[]");
  const words = Array.isArray(given) ? given.map(String) : [];
  const isOfMachine = /^sm\.(?:suspend|resume|retry|patch|undo|migrate|mutate)$/.test(
    fields.get("command") ?? "",
  );
  const [key = ""] = words;
  return (
    <code class="quiet">
      {isOfMachine && <a href={linkTo("machine", key)}>{key}</a>}{" "}
      {words
        .slice(isOfMachine ? 1 : 0)
        .map(shortened)
        .join(" ")}
    </code>
  );
}

/** The stream has more of a long argument, such as a definition. */
const SHOWN_MAX = 100;

function shortened(word: string): string {
  return word.length > SHOWN_MAX ? `${word.slice(0, SHOWN_MAX - 1)}…` : word;
}
