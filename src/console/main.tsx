/** The page: where one is, whether it follows changes, and who one is. */
import { render } from "preact";
import { useState } from "preact/hooks";
import { ask, command, database, get, ProblemError, seenAs } from "./api.ts";
import { Audit } from "./audit.tsx";
import { Definition } from "./definition.tsx";
import { Failures } from "./failures.tsx";
import { Family } from "./family.tsx";
import { Find } from "./find.tsx";
import {
  linkTo,
  type Missing,
  setQuery,
  submitted,
  useAllowed,
  useChanges,
  useLoaded,
  useRoute,
  useSlowly,
} from "./hooks.ts";
import { Jobs } from "./jobs.tsx";
import { Late } from "./late.tsx";
import { Login } from "./login.tsx";
import { Machine } from "./machine.tsx";
import { Overview } from "./overview.tsx";
import { Fault } from "./parts.tsx";
import { Side } from "./side.tsx";
import { Streams } from "./streams.tsx";

interface Who {
  readonly user: string | null;
  readonly version: string | null;
  /** False where no password was asked for, so that there is nothing to log out of. */
  readonly login: boolean;
}

/** It brings the engine along, which the other pages do not need. */
const loadTry = () => import("./try.tsx");
const loadVersions = () => import("./versions.tsx");

const PAGES = [
  ["", "Overview"],
  ["find", "Find"],
  ["failures", "Failures"],
  ["jobs", "Jobs"],
  ["streams", "Streams"],
  ["try", "Try"],
  ["audit", "Audit"],
] as const;
const KNOWN = new Set<string>([
  ...PAGES.map(([name]) => name),
  ...["versions", "family", "definition", "machine"],
]);

/** New definitions are seen soon enough so. */
const DEFINITIONS_MS = 3000;

function Page() {
  useRoute();
  const { data: who, error, reload } = useLoaded(`who ${seenAs()}`, 0, () => get<Who>("/api/v1/whoami"));
  if (error instanceof ProblemError && error.problem.status === 401) return <Login onDone={reload} />;
  if (who === undefined) return <Fault error={error} />;
  return (
    <Shell
      key={seenAs()}
      who={who}
      onLogout={() => void ask("DELETE", "/api/v1/login").then(() => location.reload())}
    />
  );
}

function Shell({ who, onLogout }: { readonly who: Who; readonly onLogout: () => void }) {
  const { page, subject, query } = useRoute();
  const [isLive, setLive] = useState(true);
  const [mayConfigure] = useAllowed([["CONFIG", "GET", "sm-audit-stream"]]);
  const { tick, missing } = useChanges(isLive, followed(page, subject));
  // New ones are seen where one comes first, and after each step.
  const slowly = useSlowly(tick, DEFINITIONS_MS) ?? 0;
  const since = `${page} ${subject} ${page === "" ? slowly : ""}`;
  const definitions = useLoaded(`definitions ${database()} ${seenAs()}`, since, () =>
    get<{ definitions: readonly string[] }>("/api/v1/definitions"),
  );
  return (
    <>
      <Skip />
      <header class="top">
        <a class="brand" href={linkTo("")}>
          Detent
        </a>
        <nav aria-label="Pages">
          {PAGES.map(([name, title]) => (
            <a
              key={name}
              href={linkTo(name)}
              // It has its room before it is known whether the user may see it: nothing moves then.
              class={name === "audit" && mayConfigure !== true ? "unseen" : ""}
              aria-current={page === name ? "page" : undefined}
            >
              {title}
            </a>
          ))}
        </nav>
        <form
          class="jump"
          onSubmit={submitted((given) => {
            if (given("key") !== "") location.hash = linkTo("machine", given("key"));
          })}
        >
          <input name="key" placeholder="Key of a machine, then Enter" aria-label="Key of a machine" />
        </form>
        <label class="live">
          <input
            type="checkbox"
            checked={isLive}
            onChange={(event) => setLive(event.currentTarget.checked)}
          />
          Live
        </label>
        <span class="who">
          {seenAs() === "" ? <SeeAs own={who.user} /> : null}
          {who.user ?? "?"} · {who.version ?? ""}
          {who.login && (
            <button type="button" class="link" onClick={onLogout}>
              Log out
            </button>
          )}
        </span>
      </header>
      {seenAs() !== "" && (
        <p class="seen-as" role="status">
          Seen as <b>{seenAs()}</b> sees it: nothing can be changed.{" "}
          <button type="button" class="link" onClick={() => setQuery("as", "")}>
            Back to what I see
          </button>
        </p>
      )}
      <Elsewhere missing={missing} />
      <div class="body">
        <Side
          definitions={definitions.data?.definitions ?? []}
          current={page === "definition" ? subject : ""}
        />
        <main id="main" tabIndex={-1}>
          {page === "" && <Overview tick={tick} database={database()} isLive={isLive} />}
          {page === "find" && <Find query={query} tick={tick} />}
          {page === "failures" && <Failures query={query} tick={tick} database={database()} />}
          {page === "jobs" && <Jobs subject={subject} query={query} />}
          {page === "versions" && <Late key={subject} load={loadVersions} subject={subject} query={query} />}
          {page === "family" && <Family key={subject} machineKey={subject} tick={tick} />}
          {page === "try" && <Late key="try" load={loadTry} subject={subject} query={query} />}
          {page === "streams" && <Streams tick={tick} database={database()} />}
          {page === "audit" && <Audit query={query} tick={tick} />}
          {page === "definition" && <Definition key={subject} id={subject} query={query} tick={tick} />}
          {page === "machine" && <Machine key={subject} machineKey={subject} query={query} tick={tick} />}
          {!KNOWN.has(page) && (
            <>
              <h1>No such page</h1>
              <p class="hint">
                The address names none. The <a href={linkTo("")}>overview</a> is the first one.
              </p>
            </>
          )}
        </main>
      </div>
    </>
  );
}

/** A link past the bar, for who uses the keyboard. */
function Skip() {
  return (
    <button type="button" class="skip" onClick={() => document.getElementById("main")?.focus()}>
      To the content
    </button>
  );
}

/** What a page of a server of a cluster does not show, since nobody serves it. */
function Elsewhere({ missing }: { readonly missing: readonly Missing[] }) {
  if (missing.length === 0) return null;
  const servers = new Map<string, number[]>();
  for (const { partition, host, port } of missing) {
    const server = host === null ? "no server at the moment" : `${host}:${port}`;
    servers.set(server, [...(servers.get(server) ?? []), partition]);
  }
  const parts = Array.from(servers, ([server, held]) => `${held.join(", ")} (${server})`);
  return (
    <p class="seen-as" role="status">
      Not shown are the partitions {parts.join("; ")}.
    </p>
  );
}

/** Of which machines a page follows the changes, as parameters. */
function followed(page: string, subject: string): string {
  // What is meant literally of a key would be a pattern.
  const key = subject.replaceAll(/[*?[\\]/g, "\\$&");
  if (page === "machine") return `&key=${encodeURIComponent(key)}`;
  return page === "definition" ? `&definition=${encodeURIComponent(subject)}` : "";
}

/** For whoever may give rights: the page with those of another user. */
function SeeAs({ own }: { readonly own: string | null }) {
  const [may] = useAllowed([["ACL", "SETUSER", "x"]]);
  const users = useLoaded(`users ${may === true}`, 0, async () =>
    may === true ? command<readonly string[]>("ACL", "USERS") : [],
  );
  const others = users.data?.filter((name) => name !== own) ?? [];
  if (others.length === 0) return null;
  return (
    <select
      aria-label="See this page as"
      value=""
      onInput={(event) => setQuery("as", event.currentTarget.value)}
    >
      <option value="">See as …</option>
      {others.map((name) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  );
}

const place = document.getElementById("page");
if (place !== null) render(<Page />, place);
