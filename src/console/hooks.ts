/** The address of the page, data that follows changes, and the time. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ask, database, errorOf, scope, seenAs } from "./api.ts";

export interface Route {
  /** The first part of the path: the page. */
  readonly page: string;
  /** The second part, decoded. */
  readonly subject: string;
  readonly query: URLSearchParams;
}

export function readRoute(): Route {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [page = "", subject = ""] = path.split("/");
  return { page, subject: decodeURIComponent(subject), query: new URLSearchParams(query) };
}

/** The address of a page, in the database at hand. */
export function linkTo(page: string, subject = "", query: Readonly<Record<string, string>> = {}): string {
  const parameters = new URLSearchParams(
    Object.entries({ ...query, db: query["db"] ?? database(), as: query["as"] ?? seenAs() }).filter(
      ([name, value]) => value !== "" && !(name === "db" && value === "0"),
    ),
  );
  const text = parameters.toString();
  const path = subject === "" ? page : `${page}/${encodeURIComponent(subject)}`;
  return `#/${path}${text === "" ? "" : `?${text}`}`;
}

export function useRoute(): Route {
  const [route, setRoute] = useState(readRoute);
  useEffect(() => {
    const follow = () => setRoute(readRoute());
    addEventListener("hashchange", follow);
    // The address may have changed since the page was drawn first.
    follow();
    return () => removeEventListener("hashchange", follow);
  }, []);
  return route;
}

/** Changes one parameter of the address without a step of the browser's history. */
export function setQuery(name: string, value: string): void {
  setQueries({ [name]: value });
}

/** The same of several. */
export function setQueries(values: Readonly<Record<string, string>>): void {
  const { page, subject, query } = readRoute();
  for (const [name, value] of Object.entries(values)) query.set(name, value);
  history.replaceState(null, "", linkTo(page, subject, Object.fromEntries(query)));
  dispatchEvent(new HashChangeEvent("hashchange"));
}

export interface Loaded<T> {
  readonly data: T | undefined;
  readonly error: Error | undefined;
  reload(): void;
}

/** A load is followed by a rest of so many times its length. */
const REST = 2;
const REST_MS_MAX = 5000;

/**
 * Loads what a page shows: at once, when `key` changes, and when `tick` does. One load at a time for a key: on a server that is slower
 * than the ticks come, each of them would otherwise give up the load before.
 */
export function useLoaded<T>(key: string, tick: number | string, load: () => Promise<T>): Loaded<T> {
  const [data, setData] = useState<{ readonly key: string; readonly value: T }>();
  const [error, setError] = useState<Error>();
  const [round, setRound] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  const going = useRef<{ readonly key: string; isWantedAgain: boolean; isResting: boolean } | null>(null);
  useEffect(() => {
    if (going.current?.key === key) {
      going.current.isWantedAgain = true;
      return;
    }
    const run = { key, isWantedAgain: false, isResting: false };
    going.current = run;
    const startedMs = performance.now();
    const ended = (show: () => void) => {
      if (going.current !== run) return;
      show();
      run.isResting = true;
      // A server that is slow to answer is asked less often: it has others to serve.
      const restMs = REST * (performance.now() - startedMs);
      setTimeout(
        () => {
          if (going.current !== run) return;
          going.current = null;
          if (run.isWantedAgain) setRound((count) => count + 1);
        },
        Math.min(restMs, REST_MS_MAX),
      );
    };
    latest.current().then(
      (value) =>
        ended(() => {
          setData({ key, value });
          setError(undefined);
        }),
      (reason: unknown) => ended(() => setError(errorOf(reason))),
    );
  }, [key, tick, round]);
  useEffect(
    () => () => {
      going.current = null;
    },
    [],
  );
  const reload = useCallback(() => {
    // Whoever asks for it has done something, and wants to see what.
    if (going.current?.isResting === true) going.current = null;
    setRound((count) => count + 1);
  }, []);
  return { data: data?.key === key ? data.value : undefined, error, reload };
}

/** So long a page waits for all that it shows. */
const HOLD_MS = 1000;

/**
 * Whether a page is shown: when all of it is there, or some time has passed. A page that is shown part by part moves under the hands of
 * who uses it. It stays shown while `key` is the same.
 */
export function useReady(key: string, isThere: boolean): boolean {
  const [ready, setReady] = useState<string>();
  useEffect(() => {
    if (isThere) setReady(key);
  }, [key, isThere]);
  useEffect(() => {
    const timer = setTimeout(() => setReady(key), HOLD_MS);
    return () => clearTimeout(timer);
  }, [key]);
  return isThere || ready === key;
}

/** Whether something is there, or known not to come. */
export function isSettled({ data, error }: Pick<Loaded<unknown>, "data" | "error">): boolean {
  return data !== undefined || error !== undefined;
}

/** A value that is followed at most once in so many milliseconds: for what takes the server long. */
export function useSlowly<T>(value: T | undefined, ms: number): T | undefined {
  const [shown, setShown] = useState(value);
  const latest = useRef(value);
  latest.current = value;
  const timer = useRef(0);
  useEffect(() => {
    if (shown === undefined) setShown(value);
    else if (timer.current === 0 && value !== shown)
      timer.current = window.setTimeout(() => {
        timer.current = 0;
        setShown(latest.current);
      }, ms);
  }, [value, shown]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return shown;
}

/** How often a page is brought up to date while changes come: one that moves is seen within a second. */
const TICK_MS = 700;

/** A partition of a cluster that another server holds. */
export interface Missing {
  readonly partition: number;
  readonly slots: string;
  readonly host: string | null;
  readonly port: number | null;
}

/** False while the page is in a tab behind others: nobody sees what it would show. */
function useSeen(): boolean {
  const [isSeen, setSeen] = useState(!document.hidden);
  useEffect(() => {
    const look = () => setSeen(!document.hidden);
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
  return isSeen;
}

export interface Changes {
  /** Grows when machines change, at most so often; it does not grow while the page stands still. */
  readonly tick: number;
  /** What the page does not show. */
  readonly missing: readonly Missing[];
}

/** Follows what changes while `isLive` is true. */
export function useChanges(isLive: boolean, query = ""): Changes {
  const [tick, setTick] = useState(0);
  const [missing, setMissing] = useState<readonly Missing[]>([]);
  const isSeen = useSeen();
  useEffect(() => {
    if (!isLive || !isSeen) return;
    // The server sends a summary at most so often: a busy one would send thousands of changes a second otherwise.
    const source = new EventSource(`/api/v1/changes?${scope()}&every=${TICK_MS}${query}`);
    const changed = () => setTick((count) => count + 1);
    source.addEventListener("changed", changed);
    source.addEventListener("open", changed);
    source.addEventListener("missing", ({ data }: MessageEvent<string>) => {
      setMissing((JSON.parse(data) as { readonly partitions: readonly Missing[] }).partitions);
    });
    return () => source.close();
  }, [isLive, isSeen, query]);
  return { tick, missing };
}

/** Which of some commands the user may run; until that is known, none. */
export function useAllowed(commands: ReadonlyArray<readonly string[]>): readonly boolean[] {
  const { data } = useLoaded(JSON.stringify(commands), 0, async () =>
    commands.length === 0
      ? { allowed: [] }
      : ask<{ readonly allowed: readonly boolean[] }>("POST", "/api/v1/allowed", commands),
  );
  return data?.allowed ?? [];
}

/** Handles a form that is sent by a script, with what was typed by the names of its fields; the page stays. */
export function submitted(take: (given: (name: string) => string) => void): (event: Event) => void {
  return (event) => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const given = new FormData(event.currentTarget);
    take((name) => String(given.get(name) ?? ""));
  };
}
