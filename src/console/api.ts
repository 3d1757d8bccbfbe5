/** The server, asked by the page: JSON in, JSON out, problems as errors. */

export type { HistoryEntry, MachineInfo, PendingEntry } from "./told.ts";

export interface ProblemDocument {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
}

export class ProblemError extends Error {
  readonly problem: ProblemDocument;

  constructor(problem: ProblemDocument) {
    super(`${problem.code} ${problem.detail}`);
    this.problem = problem;
  }
}

/** Whatever a promise was rejected with, as an error. */
export function errorOf(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

/** Asks; `db` is the database that the address of the page names. @throws ProblemError */
export async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  const url = `${path}${path.includes("?") ? "&" : "?"}${scope()}`;
  const response = await fetch(url, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  if (response.status === 204) return undefined as T;
  const answer: unknown = await response.json();
  if (!response.ok) throw new ProblemError(answer as ProblemDocument);
  return answer as T;
}

export function get<T>(path: string): Promise<T> {
  return ask<T>("GET", path);
}

/** Runs a command. @throws ProblemError */
export function command<T>(...words: readonly string[]): Promise<T> {
  return ask<T>("POST", "/api/v1/commands", words);
}

/** A command as curl sends it. */
export function curlText(words: readonly string[]): string {
  return curlOf("/api/v1/commands", words);
}

/** A request as curl sends it, with a body where there is one. */
export function curlOf(path: string, body?: unknown): string {
  const db = database() === "0" ? "" : `?db=${database()}`;
  const request = `curl -X POST ${location.origin}${path}${db}`;
  if (body === undefined) return request;
  const text = JSON.stringify(body).replaceAll("'", "'\\''");
  return `${request} -H 'content-type: application/json' -d '${text}'`;
}

export function database(): string {
  return parameter("db") ?? "0";
}

/** The user whose rights the page shows; empty for the one who looks. */
export function seenAs(): string {
  return parameter("as") ?? "";
}

/** What each request says: the database, and whose rights it is to have. */
export function scope(): string {
  return `db=${database()}${seenAs() === "" ? "" : `&as=${encodeURIComponent(seenAs())}`}`;
}

function parameter(name: string): string | null {
  return new URLSearchParams(location.hash.split("?")[1] ?? "").get(name);
}

export function machinePath(key: string): string {
  return `/api/v1/machines/${encodeURIComponent(key)}`;
}

export function definitionPath(id: string): string {
  const at = id.lastIndexOf(":");
  return at < 0
    ? `/api/v1/definitions/${encodeURIComponent(id)}`
    : `/api/v1/definitions/${encodeURIComponent(id.slice(0, at))}/${encodeURIComponent(id.slice(at + 1))}`;
}

/** The versions of the definition that a version belongs to. */
export function versionsOf(id: string): Promise<{ readonly definitions: readonly string[] }> {
  return get(`/api/v1/definitions?name=${encodeURIComponent(id.replace(/:[^:]*$/, ""))}`);
}

/** Fields of INFO, those that count something summed over all servers of a cluster; `servers` is how many they are. */
export async function serverInfo(): Promise<ReadonlyMap<string, string>> {
  const { servers, fields } = await get<{
    readonly servers: number;
    readonly fields: Readonly<Record<string, string>>;
  }>("/api/v1/overview");
  return new Map([...Object.entries(fields), ["servers", String(servers)]]);
}
