const V = { port: 6379, bind: [] as string[], databases: 16, requirepass: "", dir: "./data" };
export interface Config {
  get<K extends keyof typeof V>(k: K): (typeof V)[K];
}
export const stub = (over: Partial<typeof V>): Config => ({ get: (k) => ({ ...V, ...over })[k] });
