/**
 * `invoke` of XState: a child where a definition stands for the actor, and otherwise a task, which a worker answers with
 * an event. XState runs promises and callbacks in the process itself, which a machine that outlives it cannot.
 */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { at, kindOf } from "../engine/problems.ts";
import { type Draft, listOf, oneOrList, placesOf, put, putList } from "./translation.ts";
import { actorOf, codeOf, dataOf, delayOf, type Reader } from "./xstate-code.ts";
import { transitionsOf } from "./xstate-transitions.ts";

type State = { readonly path: string; readonly name: string };

/** Puts the children and tasks of a state into its draft. */
export function readInvokes(reader: Reader, draft: Draft, json: JsonObject, state: State): void {
  const children: Json[] = [];
  for (const [index, { json: given, path }] of placesOf(json["invoke"], at(state.path, "invoke")).entries()) {
    if (!isJsonObject(given)) {
      reader.problems.error(path, `invoke is an object with "src", this is ${kindOf(given)}`);
      continue;
    }
    const child = readInvoke(reader, draft, given, { path, index, state });
    if (child !== undefined) children.push(child);
  }
  putList(draft, "invoke", children);
}

function readInvoke(
  reader: Reader,
  draft: Draft,
  json: JsonObject,
  place: { readonly path: string; readonly index: number; readonly state: State },
): Json | undefined {
  const { path, index, state } = place;
  const { problems } = reader;
  const src = sourceOf(json["src"]);
  if (src === undefined) {
    problems.error(
      at(path, "src"),
      'the actor is a function, which is not in the export: give it a name, {"src": "charge"}, which becomes a task, or a definition under "actors": {"charge": "charge:v1"}',
    );
    return undefined;
  }
  if (json["onSnapshot"] !== undefined && listOf(json["onSnapshot"]).length > 0)
    problems.error(at(path, "onSnapshot"), 'what a child is in can be read as "children.<id>.state"');
  if (json["autoForward"] === true)
    problems.error(
      at(path, "autoForward"),
      'write {"send": {"to": "#_<id>", "event": "NAME"}} where an event is to go on',
    );
  const ownId = typeof json["id"] === "string" ? json["id"] : undefined;
  const input = json["input"] ?? json["data"];
  const definition = actorOf(reader, src) ?? (isOurs(json) ? src : undefined);
  const done = transitionsOf(reader, json["onDone"], at(path, "onDone"), state.name);
  const failed = transitionsOf(reader, json["onError"], at(path, "onError"), state.name);
  if (definition !== undefined) {
    const child: Draft = {
      src: definition,
      id: ownId ?? `${index}.${state.name === "" ? "(machine)" : state.name}`,
    };
    if (input !== undefined) child["input"] = isOurs(json) ? input : dataOf(reader, input, at(path, "input"));
    put(child, "each", json["each"]);
    putList(child, "onDone", done);
    putList(child, "onError", failed);
    put(child, "description", json["description"]);
    return child;
  }
  taskInto(reader, draft, json, { path, src, name: state.name, id: ownId ?? src, done, failed, input });
  return undefined;
}

/** A definition of ours is a name with a version. */
function isOurs(json: JsonObject): boolean {
  return (
    typeof json["src"] === "string" &&
    /^[^:\s]+:[^:\s]+$/.test(json["src"]) &&
    !json["src"].startsWith("xstate")
  );
}

function sourceOf(json: Json | undefined): string | undefined {
  if (typeof json === "string") return codeOf(json) === undefined && json !== "" ? json : undefined;
  if (json === undefined || !isJsonObject(json)) return undefined;
  const { type, id } = json;
  if (codeOf(json) !== undefined) return undefined;
  return typeof type === "string"
    ? type
    : typeof id === "string" && json["$unserializable"] !== undefined
      ? id
      : undefined;
}

function taskInto(
  reader: Reader,
  draft: Draft,
  json: JsonObject,
  given: {
    readonly path: string;
    /** The state's. */
    readonly name: string;
    readonly src: string;
    readonly id: string;
    readonly done: readonly Json[];
    readonly failed: readonly Json[];
    readonly input: Json | undefined;
  },
): void {
  const { path, name, src, id, done, failed, input } = given;
  reader.problems.warn(
    path,
    `the actor '${src}' is code: it becomes the task '${src}', which a worker answers with the event ${id}.done or ${id}.failed and {"output": …} as data; a machine of its own stands under "actors" at the top: {"actors": {${JSON.stringify(src)}: "definition:v1"}}`,
  );
  reader.tasks.add(id);
  const task: Draft = { task: src };
  if (input !== undefined) task["input"] = dataOf(reader, input, at(path, "input"));
  task["done"] = `${id}.done`;
  task["failed"] = `${id}.failed`;
  const { timeout } = json;
  if (timeout !== undefined) {
    const delay = delayOf(reader, timeout, at(path, "timeout"));
    put(task, "timeout", delay);
  }
  const timedOut = transitionsOf(reader, json["onTimeout"], at(path, "onTimeout"), name).map(
    (transition): Json =>
      isJsonObject(transition)
        ? { guard: "event.?reason.orValue('') == 'timeout'", ...transition }
        : transition,
  );
  const ends = [...timedOut, ...failed];
  if (ends.length === 0) delete task["failed"];
  const on = draft["on"] ?? {};
  draft["entry"] = [...listOf(draft["entry"]), task];
  draft["on"] = {
    ...(isJsonObject(on) ? on : {}),
    // An answer that leads nowhere is taken all the same, so that the worker hears of no refusal.
    [`${id}.done`]: done.length === 0 ? {} : oneOrList(done),
    ...(ends.length === 0 ? {} : { [`${id}.failed`]: oneOrList(ends) }),
  };
}
