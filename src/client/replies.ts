/** Reads the replies about machines. */
import {
  arrayOf,
  flag,
  from,
  json,
  nullOr,
  number,
  objectOf,
  recordOf,
  string,
  strings,
  word,
} from "./reply-shape.ts";
import type {
  Candidate,
  Effect,
  Machine,
  Next,
  Outcome,
  Pending,
  Recorded,
  Replayed,
  Sent,
  Status,
  UndoPlan,
  Why,
} from "./reply-types.ts";

const states = strings;
const log = (value: unknown): readonly unknown[] => json<unknown[] | null>(value) ?? [];
const text = nullOr(string);

export const sentOf = objectOf<Sent>({
  states: from("state", states),
  rev: number,
  hasChanged: from("changed", flag),
  code: string,
  from: states,
  to: states,
  at: number,
  output: json,
  log,
});

export const outcomeOf = objectOf<Outcome>({
  event: string,
  data: json,
  id: string,
  by: text,
  at: number,
  received: number,
  code: string,
  from: states,
  to: states,
  rev: number,
  details: text,
  output: json,
  log,
});

const candidateOf = objectOf<Candidate>({
  from: string,
  event: string,
  targets: states,
  guard: text,
  result: string,
  error: text,
  values: recordOf(json),
  place: text,
  missing: strings,
});

const WHY = {
  event: string,
  states: from("state", states),
  verdict: string,
  message: text,
  to: states,
  candidates: arrayOf(candidateOf),
  parent: text,
  children: strings,
};

export const whyOf = <Context>(reply: unknown) =>
  objectOf<Why<Context>>({ ...WHY, context: json<Context | null> })(reply);

export const nextOf = objectOf<Next>({
  event: string,
  from: string,
  targets: states,
  guard: text,
  holds: nullOr(flag),
  place: text,
  missing: strings,
  stops: strings,
});

export const recordedOf = objectOf<Recorded>({
  rev: number,
  at: number,
  stamp: nullOr(number),
  kind: string,
  event: text,
  id: text,
  by: text,
  reason: text,
  from: states,
  to: states,
  via: strings,
  data: json,
  context: json,
  gone: strings,
  log,
  output: json,
  trace: text,
});

const MACHINE = {
  definition: text,
  states: from("state", states),
  status: word<Status>(),
  rev: number,
  output: json,
  tags: strings,
  created: number,
  updated: number,
  reason: text,
  pending: number,
  timers: number,
  failed: number,
  overdue: strings,
  parent: text,
  children: strings,
  ttlMs: from("ttl", (value: unknown) => (Number(value) === -1 ? null : Number(value))),
};

export const machineOf = <Context>(reply: unknown) =>
  objectOf<Machine<Context>>({ ...MACHINE, context: json<Context> })(reply);

export const pendingOf = objectOf<Pending>({
  id: string,
  kind: word<Pending["kind"]>(),
  event: string,
  due: nullOr(number),
  data: json,
  states: from("state", (value: unknown) => (typeof value === "string" ? [value] : strings(value))),
  error: text,
  place: text,
  key: text,
  definition: text,
  status: nullOr(word<Status>()),
});

export const replayedOf = objectOf<Replayed>({
  rev: number,
  event: string,
  recorded: states,
  computed: states,
  isEqual: from("equal", flag),
  difference: nullOr(word<NonNullable<Replayed["difference"]>>()),
});

const effectOf = objectOf<Effect>({
  rev: number,
  kind: word<Effect["kind"]>(),
  name: text,
  to: text,
  id: text,
  isDone: from("done", nullOr(flag)),
});

const UNDO_PLAN = {
  rev: number,
  undone: number,
  states: from("state", states),
  status: word<Status>(),
  timers: arrayOf(objectOf<UndoPlan["timers"][number]>({ id: string, event: string, due: number })),
  stays: arrayOf(effectOf),
};

export const undoPlanOf = <Context>(reply: unknown) =>
  objectOf<UndoPlan<Context>>({ ...UNDO_PLAN, context: json<Context> })(reply);
