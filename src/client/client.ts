/**
 * The client of Detent for TypeScript: machines with typed events over a connection of ioredis. What the server
 * refuses is thrown as a `DetentError` with its code; whatever else goes wrong as the connection throws it.
 */
import { type ChangeOptions, type MachineChange, readChanges } from "./changes.ts";
import { routedByKey } from "./cluster-routing.ts";
import type { Connection } from "./connection.ts";
import type { Definition } from "./definition.ts";
import { type DefinitionMethods, definitionMethods } from "./definitions.ts";
import { withTypedErrors } from "./detent-error.ts";
import { type EventMethods, eventMethods } from "./events.ts";
import { type FindingMethods, findingMethods } from "./finding.ts";
import type { Anything, ContextOf, EventsOf, StatesOf, TasksOf } from "./inference.ts";
import { type MachineMethods, machineMethods } from "./machines.ts";
import { type MapMachines, mapMachines } from "./map-machines.ts";
import type { Migrations } from "./migration-types.ts";
import { migrations } from "./migrations.ts";
import { startWorker, type TaskHandler, type Worker, type WorkerOptions } from "./worker.ts";

export type { ChangeOptions, MachineChange } from "./changes.ts";
export type { Connection } from "./connection.ts";
export type * from "./definition.ts";
export type * from "./definitions.ts";
export { DetentError, type ErrorCode, type RefusalCode } from "./detent-error.ts";
export type { JoinPlace, SendArguments, SendOptions, WaitFor, WhyOptions } from "./events.ts";
export type {
  CountFilter,
  Found,
  Overdue,
  OverdueFilter,
  RequeueOptions,
  ScanFilter,
  ServerStream,
  StreamFilter,
  StreamKind,
} from "./finding.ts";
export type { ContextOf, EventsOf, PathOf, StatesOf, TasksOf, ValueAt } from "./inference.ts";
export type {
  CreateOptions,
  HistoryOptions,
  MigrateOptions,
  MutateOptions,
  Past,
  PastChange,
  ReplayOptions,
} from "./machines.ts";
export type { MapMachine, MapMachines } from "./map-machines.ts";
export type * from "./migration-types.ts";
export type { FalseGuard } from "./refusal-text.ts";
export type {
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
export { type TestServer, type TestServerOptions, testServer } from "./test-server.ts";
export type { Task, TaskFailure, TaskHandler, Worker, WorkerHooks, WorkerOptions } from "./worker.ts";

type InputOf<Task> = Task extends { readonly input: infer Input } ? Input : unknown;
type OutputOf<Task> = Task extends { readonly output: infer Output } ? Output : unknown;

/**
 * What a program knows of its machines is up to it. `Events`: the data of each event by its name, undefined for none.
 * `Context`: their data. `Tasks`: what a worker is given and what it answers, `{input, output}` by name of the task.
 * `State`: the paths of their states. All of it may follow from a definition, see `createClient`.
 * @throws DetentError from each method, for what the server refuses
 */
export interface Client<
  Events extends object = Anything,
  Context = unknown,
  Tasks extends object = Anything,
  State extends string = string,
> extends DefinitionMethods,
    MachineMethods<Context, State>,
    EventMethods<Events, Context, State>,
    FindingMethods<Context, State> {
  /** Moving all machines of a definition to another one. */
  readonly migrations: Migrations;
  /** Machines with maps of their own instead of a definition. */
  readonly maps: MapMachines;
  /**
   * The changes of the machines of a definition, on a connection of its own. What a consumer of a group was given and
   * has not acknowledged it is given again when it starts anew, before anything else.
   */
  changes(name: string, options: ChangeOptions): AsyncGenerator<MachineChange<Context>, void, undefined>;
  /** Takes the tasks of a name and answers them with what the handler returns. */
  worker<Name extends keyof Tasks & string>(
    name: Name,
    handler: TaskHandler<InputOf<Tasks[Name]>, OutputOf<Tasks[Name]>>,
    options?: WorkerOptions,
  ): Promise<Worker>;
}

/** The client of the machines of a definition. */
export type ClientOf<D> = Client<EventsOf<D>, ContextOf<D>, TasksOf<D>, StatesOf<D>>;

/**
 * A client over a connection of ioredis, a `Redis` or a `Cluster`, which stays the caller's to close. With a definition, given `as const`, the names
 * of events, tasks and states and the types of data are those of it; it is not sent to the server.
 * @throws TypeError for a `keyPrefix`
 */
export function createClient<const D extends Definition>(connection: Connection, definition: D): ClientOf<D>;
export function createClient<
  Events extends object = Anything,
  Context = unknown,
  Tasks extends object = Anything,
  State extends string = string,
>(connection: Connection): Client<Events, Context, Tasks, State>;
export function createClient(connection: Connection): Client {
  // Why: ioredis puts it before the keys of commands it knows, which are those of streams, not those of machines.
  if (connection.options?.keyPrefix || connection.options?.redisOptions?.keyPrefix)
    throw new TypeError("the connection of a Detent client has no keyPrefix");
  const typed = withTypedErrors(routedByKey(connection));
  return {
    ...definitionMethods(typed),
    ...machineMethods(typed),
    ...eventMethods(typed),
    ...findingMethods(typed),
    migrations: migrations(typed),
    maps: mapMachines(typed),
    changes: <Context>(name: string, options: ChangeOptions) => readChanges<Context>(typed, name, options),
    worker: (name, handler, options = {}) => startWorker(typed, name, { handler, ...options }),
  };
}
