/** What changes machines beside their events: patches, undos, replays, and migrations to other definitions. */
import { MACHINE, NO_MACHINE, UNMET } from "./machine-operations.ts";
import { BY, keyOf, REASON } from "./machine-requests.ts";
import {
  gatherMigrations,
  gatherPlan,
  gatherStatus,
  gatherUndo,
  gatherWhatIf,
} from "./migration-gathering.ts";
import {
  type Arguments,
  type Field,
  fieldArguments,
  type Input,
  type Operation,
  textOf,
} from "./operation.ts";

const IF_REV: Field = {
  name: "ifRev",
  type: "integer",
  description: "Only at this revision.",
  token: "IFREV",
};
const REV: Field = {
  name: "rev",
  type: "integer",
  description: "The first change to take back; the last one unless given.",
  token: "REV",
};
const PATCH_QUERY: readonly Field[] = [IF_REV, REASON, BY];
const UNDO_FIELDS: readonly Field[] = [REV, IF_REV, REASON, BY];
const MIGRATE_FIELDS: readonly Field[] = [
  { name: "definition", type: "string", description: "`name` or `name:version`.", isRequired: true },
  { name: "states", type: "strings", description: "Where it goes, one for each region.", token: "STATE" },
  { name: "context", type: "json", description: "Fields to set, each as a whole.", token: "CONTEXT" },
  REASON,
  BY,
];

const CORRECTIONS: readonly Operation[] = [
  {
    method: "PATCH",
    path: MACHINE,
    id: "patchMachine",
    command: "SM.PATCH",
    query: PATCH_QUERY,
    body: { document: "What to change of the context (RFC 7396): a null removes a field." },
    request: (input) => ["SM.PATCH", keyOf(input), input.document, ...optionsOf(PATCH_QUERY, input)],
    replies: "integer",
    member: "rev",
    absent: UNMET,
  },
  {
    method: "POST",
    path: `${MACHINE}/undo`,
    id: "undoMachine",
    command: "SM.UNDO",
    body: UNDO_FIELDS,
    replies: "integer",
    member: "rev",
    absent: UNMET,
  },
  {
    method: "GET",
    path: `${MACHINE}/undo`,
    id: "planUndo",
    command: "SM.UNDO",
    summary:
      "What the machine would be, and what stays, if its last changes were taken back; changes nothing.",
    query: [REV],
    request: (input) => ["SM.UNDO", keyOf(input), ...optionsOf([REV], input), "PLAN"],
    replies: "object",
    json: ["context"],
  },
  {
    method: "GET",
    path: `${MACHINE}/replay`,
    id: "replayMachine",
    command: "SM.REPLAY",
    query: [
      { name: "definition", type: "string", description: "Under this definition.", token: "DEF" },
      { name: "from", type: "integer", description: "The first revision.", token: "FROM" },
      { name: "count", type: "integer", description: "How many at most.", token: "COUNT", fallback: "100" },
    ],
    member: "replay",
    absent: NO_MACHINE,
  },
  {
    method: "POST",
    path: `${MACHINE}/migrate`,
    id: "migrateMachine",
    command: "SM.MIGRATE",
    body: MIGRATE_FIELDS,
    member: "rev",
  },
];

const MIGRATIONS = "/api/v1/migrations";
const FROM: Field = {
  name: "from",
  type: "string",
  description: "`name`, `name:version`, or a pattern of keys of map machines.",
};
const TO: Field = { name: "to", type: "string", description: "The definition they go to." };
const MAP: Field = {
  name: "map",
  type: "json",
  description: "Where states go, and expressions for fields of the context.",
  token: "MAP",
};
const RATE: Field = { name: "rate", type: "integer", description: "Machines a second.", token: "RATE" };
const HOLD: Field = {
  name: "hold",
  type: "boolean",
  description: "Leave those that do not fit, instead of refusing.",
  token: "HOLD",
};
const WHATIF_QUERY: readonly Field[] = [
  { ...FROM, isRequired: true },
  { ...TO, isRequired: true },
  { name: "count", type: "integer", description: "How many machines at most.", token: "COUNT" },
  { name: "since", type: "integer", description: "Only events since then, unix time in ms.", token: "SINCE" },
];
const ACTION: Field = {
  name: "action",
  type: "choice",
  choices: ["pause", "resume", "stop"],
  description: "What the run is to do.",
};

function optionsOf(fields: readonly Field[], input: Input): Arguments {
  return fields.filter(({ token }) => token !== undefined).flatMap((field) => fieldArguments(field, input));
}

/** By a plan, or from one definition to another. */
function startRequest(input: Input): Arguments {
  const plan = textOf(input, "plan");
  const ends = plan === undefined ? [textOf(input, "from") ?? "", textOf(input, "to") ?? ""] : [plan];
  return ["SM.MIGRATION", "START", ...ends, ...optionsOf([MAP, RATE, HOLD], input)];
}

function whatIfRequest(input: Input): Arguments {
  const action = textOf(input, "action");
  return [
    ...["SM.MIGRATION", "WHATIF", textOf(input, "from") ?? "", textOf(input, "to") ?? ""],
    ...optionsOf(WHATIF_QUERY, input),
    ...(action === undefined ? [] : [action]),
  ];
}

const MOVES: readonly Operation[] = [
  {
    method: "GET",
    path: MIGRATIONS,
    id: "listMigrations",
    command: "SM.MIGRATION|LIST",
    ask: (request, _input, session) => gatherMigrations(request, session),
    member: "migrations",
  },
  {
    method: "POST",
    path: `${MIGRATIONS}/plans`,
    id: "planMigration",
    command: "SM.MIGRATION|PLAN",
    ask: (request, _input, session) => gatherPlan(request, session),
    body: [{ ...FROM, isRequired: true }, { ...TO, isRequired: true }, MAP],
    status: 201,
  },
  {
    method: "POST",
    path: MIGRATIONS,
    id: "startMigration",
    command: "SM.MIGRATION|START",
    body: [
      {
        name: "plan",
        type: "integer",
        description: "The number of a plan, instead of `from`, `to` and `map`.",
      },
      FROM,
      TO,
      MAP,
      RATE,
      HOLD,
    ],
    request: startRequest,
    member: "id",
    status: 201,
  },
  // Before what would take `whatif` for a number.
  {
    method: "GET",
    path: `${MIGRATIONS}/whatif`,
    id: "whatIf",
    command: "SM.MIGRATION|WHATIF",
    query: WHATIF_QUERY,
    request: whatIfRequest,
    ask: (request, _input, session) => gatherWhatIf(request, session),
  },
  {
    method: "POST",
    path: `${MIGRATIONS}/whatif`,
    id: "controlWhatIf",
    command: "SM.MIGRATION|WHATIF",
    body: [...WHATIF_QUERY, { ...ACTION, isRequired: true }],
    request: whatIfRequest,
    ask: (request, _input, session) => gatherWhatIf(request, session),
    absent: ["NOTFOUND", "there is no such run"],
  },
  {
    method: "GET",
    path: `${MIGRATIONS}/{id}`,
    id: "getMigration",
    command: "SM.MIGRATION|STATUS",
    query: [
      { name: "count", type: "integer", description: "Machines that are listed at most.", token: "COUNT" },
    ],
    ask: (request, _input, session) => gatherStatus(request, session),
  },
  ...(["pause", "resume"] as const).map(
    (verb): Operation => ({
      method: "POST",
      path: `${MIGRATIONS}/{id}/${verb}`,
      id: `${verb}Migration`,
      command: `SM.MIGRATION|${verb.toUpperCase()}`,
      member: "changed",
    }),
  ),
  {
    method: "POST",
    path: `${MIGRATIONS}/{id}/undo`,
    id: "undoMigration",
    command: "SM.MIGRATION|UNDO",
    ask: (request, _input, session) => gatherUndo(request, session),
    body: [{ name: "check", type: "boolean", description: "Only say what would stay out.", token: "CHECK" }],
  },
];

export const CORRECTION_OPERATIONS: readonly Operation[] = [...CORRECTIONS, ...MOVES];
