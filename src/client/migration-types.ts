/** Migrations as a program sees them. */

/** Where machines go; see the guide's page on changing definitions. */
export interface MigrationMap {
  readonly states?: object;
  readonly context?: object;
}

export interface MigrationPlan {
  readonly id: number;
  readonly machines: number;
  /** Where those go that fit. */
  readonly states: ReadonlyArray<{
    readonly states: readonly string[];
    readonly to: readonly string[];
    readonly count: number;
  }>;
  /** Those that do not fit. */
  readonly strays: ReadonlyArray<{
    readonly states: readonly string[];
    readonly cause: "state" | "context" | "stuck" | "step";
    readonly message: string;
    readonly count: number;
  }>;
  /** Some machines, those that do not fit first; `to` is null for them. */
  readonly examples: ReadonlyArray<{
    readonly key: string;
    readonly states: readonly string[];
    readonly to: readonly string[] | null;
  }>;
  /** States that look renamed. */
  readonly proposed: ReadonlyArray<{ readonly state: string; readonly to: string; readonly because: string }>;
  /** What has no place under the other definition. */
  readonly dropped: { readonly events: number; readonly histories: number };
  /** Machines that have come to their end, and would go on. */
  readonly reopened: number;
}

export interface MovedOut {
  readonly emitted: number;
  readonly tasks: number;
  readonly sent: number;
  readonly childrenStarted: number;
  readonly childrenStopped: number;
}

export type MigrationState = "RUNNING" | "PAUSED" | "DONE" | "UNDOING" | "UNDONE";

export interface MigrationStatus {
  readonly id: number;
  readonly plan: number | null;
  readonly from: string;
  readonly to: string;
  readonly status: MigrationState;
  readonly moved: number;
  readonly held: number;
  readonly left: number | null;
  readonly undone: number;
  readonly stayed: number;
  /** What moving has let out, and what stays out. */
  readonly out: MovedOut;
  readonly rate: number | null;
  readonly started: number;
  readonly updated: number;
  readonly ended: number | null;
  /** Machines that were left, with the reason. */
  readonly examples: ReadonlyArray<{ readonly key: string; readonly message: string }>;
}

export interface MigrationEntry {
  readonly id: number;
  readonly plan: number | null;
  readonly from: string;
  readonly to: string;
  readonly status: MigrationState | "PLANNED";
  readonly at: number;
}

export interface MigrationUndo {
  readonly id: number;
  readonly machines: number;
  readonly out: MovedOut;
}

export interface WhatIf {
  readonly status: "running" | "paused" | "done" | "failed" | "stopped";
  readonly from: string;
  readonly to: string;
  readonly machines: number | null;
  readonly looked: number;
  readonly events: number;
  readonly same: number;
  readonly meanwhile: number;
  readonly elsewhere: number;
  readonly differences: { readonly [kind: string]: number };
  readonly first: ReadonlyArray<{
    readonly state: string;
    readonly event: string;
    readonly difference: string;
    readonly count: number;
  }>;
  readonly examples: ReadonlyArray<{
    readonly key: string;
    readonly rev: number;
    readonly event: string;
    readonly difference: string;
    readonly recorded: readonly string[];
    readonly computed: readonly string[];
    readonly states: readonly string[];
    readonly end: readonly string[];
  }>;
}

export interface StartOptions {
  /** Machines a second, at most. */
  readonly rate?: number;
  /** Leaves machines that do not fit, instead of not starting. */
  readonly isHeld?: boolean;
}

export interface WhatIfOptions {
  readonly count?: number;
  readonly since?: number;
  readonly control?: "pause" | "resume" | "stop";
}

export interface Migrations {
  /** Shows where machines would go, without moving one; in a cluster, those of the server that is asked. */
  plan(from: string, to: string, map?: MigrationMap): Promise<MigrationPlan>;
  /** Moves machines in the background, after a plan or from one definition to another; returns the number. */
  start(
    what: number | { readonly from: string; readonly to: string; readonly map?: MigrationMap },
    options?: StartOptions,
  ): Promise<number>;
  /** How far it has got, with so many of the machines that were left. */
  status(id: number, examples?: number): Promise<MigrationStatus>;
  /** Plans and migrations, the oldest first. */
  list(): Promise<readonly MigrationEntry[]>;
  /** False where it does not run. */
  pause(id: number): Promise<boolean>;
  /** False where it is not paused. */
  resume(id: number): Promise<boolean>;
  /** Takes the machines back that have not changed since. */
  undo(id: number): Promise<MigrationUndo>;
  /** What that would leave out; takes none back. */
  undoPlan(id: number): Promise<MigrationUndo>;
  /** Runs the recorded events of machines under another definition in the background, in a cluster those of the server that is asked; null where there is no such run. */
  whatIf(from: string, to: string, options?: WhatIfOptions): Promise<WhatIf | null>;
}
