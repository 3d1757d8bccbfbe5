/**
 * The seed of all random tests: the same in each run, so that a suite that fails blames the change that it judges. SEED=
 * sets another one, SEED=random a new one, which `make random` does again and again.
 */
const given = process.env["SEED"] ?? process.env["CRASH_SEED"];

export const SEED = given === "random" ? Math.floor(Math.random() * 2 ** 31) : Number(given ?? 20_261_130);
