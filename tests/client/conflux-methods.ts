/** Methods and a reducer for tests of the example conflux.ts: a log to which nodes add numbers. */

export interface Added {
  readonly by: string;
  readonly number: number;
}

export const COUNTING = {
  methods: {
    add: (by: string, number: number): Added => ({ by, number }),
  },
  reduce: (log: readonly Added[] | undefined, action: Added | null): readonly Added[] =>
    action === null ? (log ?? []) : [...(log ?? []), action],
};
