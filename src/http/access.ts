/**
 * Who may ask. A request comes from a program, which sends credentials of its own accord, or from a browser, which sends
 * what it has to whoever a page names: so a page of another origin is turned away unless its origin is allowed, and so is
 * a host name that is not ours where no password is asked for, or a page could have its own name point to this host.
 *
 * Users and passwords are those of AUTH, which each request's session runs. A token that a login has given stands for its
 * user as long as the password it was given for is one of the user's.
 */
import { isLocalSession, type Session } from "../clients/session.ts";
import { User } from "../clients/users/user.ts";
import type { ServerContext } from "../commands/server-context.ts";
import type { Drawings } from "../drawing/drawings.ts";
import * as errors from "../protocol/errors.ts";
import type { Executor } from "../server/executor.ts";
import { AnswerError } from "./answer.ts";
import { HttpSession, type Peer } from "./http-session.ts";
import type { Jobs } from "./jobs.ts";
import { COOKIE, type LoginTokens } from "./login-tokens.ts";
import { badRequest, Problem } from "./problem.ts";
import { userSeenAs } from "./seen-as.ts";

interface Credentials {
  readonly user: string;
  readonly password: string;
}

export interface Access {
  readonly server: ServerContext;
  readonly executor: Executor;
  readonly tokens: LoginTokens;
  readonly drawings: Drawings;
  readonly jobs: Jobs;
}

/** Refuses a page of another origin, and a name that may not be ours. @throws Problem */
export function assertOwnPage(request: Request, { config, users }: ServerContext): void {
  const host = request.headers.get("host") ?? "";
  if (users.default.rules.hasNoPassword && config.get("protected-mode") && !isOwnName(host))
    throw badRequest(
      421,
      `the host '${host.slice(0, 128)}' is not known: without a password use localhost or an address`,
    );
  const origin = request.headers.get("origin");
  if (origin === null) {
    if (isUnsafe(request) && request.headers.get("sec-fetch-site") === "cross-site") throw foreign("it");
    return;
  }
  if (originAllowed(origin, config.get("http-cors-origins")) || hostOf(origin) === host) return;
  throw foreign(`'${origin.slice(0, 128)}'`);
}

/** The origins from which a browser may ask, beside our own pages. */
export function originAllowed(origin: string, allowed: readonly string[]): boolean {
  return allowed.includes("*") || allowed.includes(origin);
}

function foreign(origin: string): Problem {
  return badRequest(403, `a page of another origin may not ask: add ${origin} to http-cors-origins`);
}

function isUnsafe({ method }: Request): boolean {
  return method !== "GET" && method !== "HEAD" && method !== "OPTIONS";
}

/** `localhost` and addresses cannot be made to point elsewhere, which any other name can by whoever owns it. */
function isOwnName(host: string): boolean {
  const name = host.replace(/:\d+$/, "");
  return name === "localhost" || /^\[[0-9a-f:.]+\]$/i.test(name) || /^\d+\.\d+\.\d+\.\d+$/.test(name);
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

/**
 * A session for a request, authenticated as the request says and with its database selected.
 * @throws Problem when it may not ask; no session is then left open
 */
export async function openSession(access: Access, request: Request, peer: Peer): Promise<HttpSession> {
  const { config, sessions, users } = access.server;
  if (sessions.size >= config.get("maxclients"))
    throw new Problem(new AnswerError(errors.tooManyClients().message), { status: 503 });
  const credentials = credentialsOf(request, access.tokens);
  const session = new HttpSession(access.server, access.executor, peer);
  try {
    const isOpenToAll = config.get("protected-mode") && users.default.rules.hasNoPassword;
    if (isOpenToAll && !isLocalSession(session.session))
      throw new Problem(new AnswerError(errors.deniedByProtectedMode().message));
    if (credentials instanceof User) enter(session.session, access.server, credentials);
    else if (credentials !== undefined) {
      const answer = await session.run(["AUTH", credentials.user, credentials.password]);
      if (answer instanceof AnswerError) throw new Problem(answer, { headers: challenge(request) });
    }
    const database = new URL(request.url).searchParams.get("db");
    if (database !== null) {
      const answer = await session.run(["SELECT", database]);
      if (answer instanceof AnswerError) throw new Problem(answer, { headers: challenge(request) });
    }
    if (!session.session.isAuthenticated && users.needsLogin)
      throw new Problem(new AnswerError(errors.noAuth().message), { headers: challenge(request) });
    const seenAs = userSeenAs(request, access.server, session.session.user);
    if (seenAs !== undefined) {
      enter(session.session, access.server, seenAs);
      session.onlyReads = true;
    }
    return session;
  } catch (error) {
    session.close();
    throw error;
  }
}

/** A page that asks by script shows a form of its own; only what is typed into the address bar has the browser's. */
function challenge(request: Request): Readonly<Record<string, string>> {
  const mode = request.headers.get("sec-fetch-mode");
  const isScript = mode !== null && mode !== "navigate";
  return { "www-authenticate": isScript ? 'Bearer realm="detent"' : 'Basic realm="detent", charset="UTF-8"' };
}

/** The session is the user's, without a password. @throws Problem when the user has as many as it may have */
function enter(session: Session, { userLimits }: ServerContext, user: User): void {
  if (session.user !== user && !userLimits.admitsConnection(user))
    throw new Problem(new AnswerError(errors.tooManyConnections(user.name).message));
  session.user = user;
  session.isAuthenticated = true;
}

/** What a request says of who asks: a user whose token it has, or a name and a password. */
function credentialsOf(request: Request, tokens: LoginTokens): User | Credentials | undefined {
  const header = request.headers.get("authorization");
  if (header === null) {
    const token = tokenOf(request);
    return token === undefined ? undefined : tokens.find(token);
  }
  const [, scheme = "", value = ""] = /^(\S+) +(.*)$/.exec(header) ?? [];
  if (scheme.toLowerCase() === "bearer") return tokens.find(value) ?? { user: "default", password: value };
  const pair = Buffer.from(value, "base64").toString("utf8");
  const colon = pair.indexOf(":");
  if (scheme.toLowerCase() !== "basic" || colon < 0)
    throw badRequest(
      401,
      "Authorization is `Basic <user:password in base64>` or `Bearer <token>`",
      challenge(request),
    );
  return { user: pair.slice(0, colon) || "default", password: pair.slice(colon + 1) };
}

/** The token of the login's cookie. */
export function tokenOf(request: Request): string | undefined {
  const cookies = (request.headers.get("cookie") ?? "").split(/; */);
  const found = cookies.find((cookie) => cookie.startsWith(`${COOKIE}=`));
  return found?.slice(COOKIE.length + 1);
}
