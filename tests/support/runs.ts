/** How often a random test runs: fewer times in `make test`, which is to stay short, than among all tests. */
export function runs(core: number, all: number): number {
  return process.env["DETENT_SUITE"] === "all" ? all : core;
}
