/** Machines as resources. */
import { type Answer, isList, isMap } from "./answer.ts";
import { gatherCount, gatherPage } from "./gathering.ts";
import type { HttpSession } from "./http-session.ts";
import { CREATE_FIELDS, createRequest, keyOf, SEND_FIELDS, sendRequest } from "./machine-requests.ts";
import { INFO_JSON, scanInPieces, withInfo } from "./machine-scan.ts";
import { type Field, type Input, type Operation, textOf, withJson } from "./operation.ts";

export const NO_MACHINE = ["NOMACHINE", "there is no such machine"] as const;
export const UNMET = [
  "UNMET",
  "the condition of ifState, ifRev or ifAbsent does not hold; nothing was changed",
] as const;
export const MACHINE = "/api/v1/machines/{key}";
/** What is JSON in an entry of history. */
export const HISTORY_JSON = ["data", "context", "log", "output"];

const COUNT: Field = {
  name: "count",
  type: "integer",
  description: "How many at most are looked at.",
  token: "COUNT",
  fallback: "100",
};
const FILTER: readonly Field[] = [
  { name: "definition", type: "string", description: "`name` or `name:version`.", token: "DEF" },
  { name: "state", type: "string", description: "An active state, outer ones too.", token: "STATE" },
  {
    name: "status",
    type: "string",
    description: "`active`, `failed`, `suspended` or `done`.",
    token: "STATUS",
  },
];

/** What a machine accepts, for who was refused; with the guards that were tried and what they read. */
async function accepted(input: Input, session: HttpSession): Promise<Readonly<Record<string, Answer>>> {
  const [key, event] = [keyOf(input), textOf(input, "event") ?? ""];
  const data = textOf(input, "data");
  const [next, why] = await session.runAll([
    ["SM.NEXT", key],
    ["SM.WHY", key, event, ...(data === undefined ? [] : [data])],
  ]);
  const events = isList(next) ? next.flatMap((one) => (isMap(one) ? [one.get("event") ?? null] : [])) : [];
  const candidates = isMap(why) ? why.get("candidates") : undefined;
  const guards = isList(candidates)
    ? candidates.filter((one) => isMap(one) && typeof one.get("guard") === "string")
    : [];
  return {
    accepted: [...new Set(events)],
    guards: withJson(guards, ["values"]),
  };
}

/** 0 is what a command answers that found nothing to change, also where there is no machine. */
async function unlessMissing(answer: Answer, input: Input, session: HttpSession): Promise<Answer> {
  if (answer !== 0) return answer;
  return (await session.run(["SM.STATE", keyOf(input)])) === null ? null : answer;
}

/** A machine that was made or changed, as it is now. */
async function infoAfter(answer: Answer, input: Input, session: HttpSession): Promise<Answer> {
  if (answer === null) return null;
  const info = await session.run(["SM.INFO", keyOf(input)]);
  return withJson(info, INFO_JSON);
}

export const MACHINE_OPERATIONS: readonly Operation[] = [
  {
    method: "GET",
    path: "/api/v1/machines",
    id: "listMachines",
    command: "SM.SCAN",
    summary: "Walks through machines page by page: a cursor of 0 begins, and ends.",
    query: [
      { name: "cursor", type: "string", description: "That of the page before.", fallback: "0" },
      ...FILTER,
      { name: "olderThan", type: "integer", description: "In the state for longer, in ms.", token: "OLDER" },
      { name: "match", type: "string", description: "A pattern of keys.", token: "MATCH" },
      { name: "where", type: "string", description: "An expression over the machine.", token: "WHERE" },
      COUNT,
    ],
    words: ["WITHINFO"],
    ask: (request, input, session) =>
      gatherPage(request, session, (page) => scanInPieces(page, input, session)),
    refine: withInfo,
  },
  {
    method: "GET",
    path: "/api/v1/counts",
    id: "countMachines",
    command: "SM.COUNT",
    query: [
      ...FILTER,
      {
        name: "by",
        type: "choice",
        choices: ["state", "status", "version"],
        description: "A number for each, instead of one.",
        token: "BY",
      },
    ],
    ask: (request, _input, session) => gatherCount(request, session),
    member: "count",
  },
  {
    method: "PUT",
    path: MACHINE,
    id: "createMachine",
    command: "SM.CREATE",
    body: CREATE_FIELDS,
    request: createRequest,
    absent: UNMET,
    refine: infoAfter,
    status: 201,
  },
  {
    method: "GET",
    path: MACHINE,
    id: "getMachine",
    command: "SM.INFO",
    query: [
      { name: "rev", type: "integer", description: "As it was at this revision.", token: "REV" },
      { name: "time", type: "integer", description: "As it was then, unix time in ms.", token: "TIME" },
    ],
    json: INFO_JSON,
    absent: NO_MACHINE,
  },
  {
    method: "DELETE",
    path: MACHINE,
    id: "deleteMachine",
    command: "DEL",
    summary: "Removes a machine, with its history.",
    request: (input) => ["SM.STATE", keyOf(input)],
    refine: async (answer, input, session) => (answer === null ? null : session.run(["DEL", keyOf(input)])),
    absent: NO_MACHINE,
    status: 204,
  },
  {
    method: "POST",
    path: `${MACHINE}/events`,
    id: "sendEvent",
    command: "SM.SEND",
    body: SEND_FIELDS,
    request: sendRequest,
    json: ["output", "log"],
    absent: UNMET,
    explain: accepted,
  },
  {
    method: "GET",
    path: `${MACHINE}/history`,
    id: "getHistory",
    command: "SM.HISTORY",
    query: [
      { name: "from", type: "string", description: "The first revision; `-` for the oldest.", fallback: "-" },
      { name: "to", type: "string", description: "The last one; `+` for the newest.", fallback: "+" },
      { name: "newestFirst", type: "boolean", description: "The other way round.", token: "REV" },
      { ...COUNT, description: "How many at most." },
      { name: "where", type: "string", description: "An expression over an entry.", token: "WHERE" },
    ],
    json: HISTORY_JSON,
    member: "history",
    absent: NO_MACHINE,
  },
  {
    method: "GET",
    path: `${MACHINE}/next`,
    id: "getNext",
    command: "SM.NEXT",
    member: "next",
    absent: NO_MACHINE,
  },
  {
    method: "GET",
    path: `${MACHINE}/why`,
    id: "getWhy",
    command: "SM.WHY",
    query: [
      { name: "event", type: "string", description: "The event.", isRequired: true },
      { name: "data", type: "string", description: "Its data, JSON." },
      { name: "rev", type: "integer", description: "At this revision.", token: "REV" },
      { name: "definition", type: "string", description: "Under this definition.", token: "DEF" },
    ],
    json: ["values", "context"],
    absent: NO_MACHINE,
  },
  {
    method: "GET",
    path: `${MACHINE}/pending`,
    id: "getPending",
    command: "SM.PENDING",
    json: ["data"],
    member: "pending",
    absent: NO_MACHINE,
  },
  {
    method: "DELETE",
    path: `${MACHINE}/pending/{id}`,
    id: "cancelPending",
    command: "SM.CANCEL",
    refine: async (answer) => (answer === 0 ? null : answer),
    absent: ["NOTFOUND", "nothing with this id is pending"],
    status: 204,
  },
  {
    method: "GET",
    path: `${MACHINE}/outcomes/{id}`,
    id: "getOutcome",
    command: "SM.OUTCOME",
    json: ["data", "output", "log"],
    refine: async (answer) => (isList(answer) ? (answer[0] ?? null) : answer),
    absent: ["NOTFOUND", "no outcome is kept for this id, or there is no such machine"],
  },
  {
    method: "POST",
    path: `${MACHINE}/suspend`,
    id: "suspendMachine",
    command: "SM.SUSPEND",
    body: [{ name: "reason", type: "string", description: "Why, for the history." }],
    member: "changed",
    absent: NO_MACHINE,
    refine: unlessMissing,
  },
  {
    method: "POST",
    path: `${MACHINE}/resume`,
    id: "resumeMachine",
    command: "SM.RESUME",
    member: "changed",
    absent: NO_MACHINE,
    refine: unlessMissing,
  },
  {
    method: "POST",
    path: `${MACHINE}/retry`,
    id: "retryMachine",
    command: "SM.RETRY",
    member: "changed",
    absent: NO_MACHINE,
    refine: unlessMissing,
  },
];
