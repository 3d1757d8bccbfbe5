/** Errors as problem documents (RFC 9457), and the status that each error code has. */
import { type Answer, AnswerError, jsonOf } from "./answer.ts";

/** What is said of a problem beside its code and text. */
export type Extensions = Readonly<Record<string, Answer>>;

/** Statuses of HTTP that answers have. */
export type ProblemStatus =
  | 400
  | 401
  | 403
  | 404
  | 405
  | 408
  | 409
  | 411
  | 412
  | 413
  | 415
  | 421
  | 422
  | 500
  | 503
  | 504;

/** Titles of statuses, as the registry of HTTP has them. */
const TITLES: Readonly<Record<ProblemStatus, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  411: "Length Required",
  412: "Precondition Failed",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  421: "Misdirected Request",
  422: "Unprocessable Content",
  500: "Internal Server Error",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

const STATUS_BY_CODE: ReadonlyMap<string, ProblemStatus> = new Map<string, ProblemStatus>([
  ["NOAUTH", 401],
  ["WRONGPASS", 401],
  ["NOPERM", 403],
  ["DENIED", 403],
  ["NOMACHINE", 404],
  ["NODEF", 404],
  ["NOTFOUND", 404],
  ["TOOLARGE", 413],
  ["ERR", 422],
  ["INVALIDDEF", 422],
  ["NOPROTO", 422],
  ["EXECABORT", 422],
  ["UNMET", 412],
  ["CLOSED", 503],
  ["MISCONF", 503],
  ["LOADING", 503],
  ["OOM", 503],
  ["BUSY", 503],
  ["READONLY", 503],
  ["CLUSTERDOWN", 503],
  ["TRYAGAIN", 503],
  ["MOVED", 421],
  ["UNANSWERED", 504],
]);

/** The status of an error: a code that is not listed is a refusal of what was read and understood. */
export function statusOf({ code, detail }: AnswerError): ProblemStatus {
  if (code === "ERR" && detail === "internal error") return 500;
  if (code === "ERR" && /^there is no (migration|plan) \d+$/.test(detail)) return 404;
  if (code === "ERR" && detail.startsWith("max number of clients")) return 503;
  return STATUS_BY_CODE.get(code) ?? 409;
}

export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: ProblemStatus;
  readonly error: AnswerError;
  readonly extensions: Extensions;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    error: AnswerError,
    {
      status = statusOf(error),
      extensions = {},
      headers = {},
    }: {
      readonly status?: ProblemStatus;
      readonly extensions?: Extensions;
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(error.detail);
    this.status = status;
    this.error = error;
    this.extensions = extensions;
    this.headers = headers;
  }
}

/** A problem of the request itself. */
export function badRequest(
  status: ProblemStatus,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): Problem {
  return new Problem(new AnswerError(`ERR ${detail}`), { status, headers });
}

/** The answer to a value that may be an error. @throws Problem */
export function accepted(answer: Answer): Answer {
  if (answer instanceof AnswerError) throw new Problem(answer);
  return answer;
}

export function problemResponse({ status, error, extensions, headers }: Problem): Response {
  const document: Answer = new Map<string, Answer>([
    ["type", `urn:detent:error:${error.code}`],
    ["title", TITLES[status]],
    ["status", status],
    ["code", error.code],
    ["detail", error.detail],
    ...Object.entries(extensions),
  ]);
  return new Response(`${jsonOf(document)}\n`, {
    status,
    headers: { ...headers, "content-type": "application/problem+json", "cache-control": "no-store" },
  });
}
