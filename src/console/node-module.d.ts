/** What the importers' `parsers.ts` names; the build of the page puts another file in its place. */
declare module "node:module" {
  export function createRequire(url: string): (id: string) => unknown;
}
