/** Where the files of this program lie: in its sources as in what was built of them, a bundle with the same names. */

const HERE = import.meta.url;

/** The program runs from its sources, so what it starts needs the loader for TypeScript. */
export const IS_SOURCE: boolean = HERE.endsWith(".ts");

/** The folder with `package.json` and `commands.json`. */
export const PACKAGE_ROOT = new URL(HERE.slice(0, HERE.lastIndexOf(IS_SOURCE ? "/src/" : "/dist/") + 1));

/**
 * The file of a program that is started, or a module that is loaded, by its name. The build must know it as well:
 * `vite.server.config.ts` lists them.
 * @param name its path below `src/`, without extension
 */
export function programFile(name: string): URL {
  return new URL(IS_SOURCE ? `src/${name}.ts` : `dist/${name}.js`, PACKAGE_ROOT);
}
