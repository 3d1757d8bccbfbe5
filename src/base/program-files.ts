/** Where the files of this program lie: in its sources as in what was built of them, a bundle with the same names. */

const HERE = import.meta.url;

/** The program runs from its sources, so what it starts needs the loader for TypeScript. */
export const IS_SOURCE: boolean = HERE.endsWith(".ts");

/** The folder with `package.json` and `commands.json`. */
export const PACKAGE_ROOT = IS_SOURCE ? new URL("../../", HERE) : new URL("../", bundleOf(HERE));

/** The folder of what is built, `dist` unless somebody has copied it to another name. */
export const BUILD_ROOT = IS_SOURCE ? new URL("dist/", PACKAGE_ROOT) : bundleOf(HERE);

/** The folder of a bundle: its programs lie in it or in folders of it, what they share in `shared`. */
function bundleOf(file: string): URL {
  return new URL(file.replace(/\/(?:shared\/)?[^/]*$/, "/"));
}

/**
 * The file of a program that is started, or a module that is loaded, by its name. The build must know it as well:
 * `vite.server.config.ts` lists them.
 * @param name its path below `src/`, without extension
 */
export function programFile(name: string): URL {
  return IS_SOURCE ? new URL(`src/${name}.ts`, PACKAGE_ROOT) : new URL(`${name}.js`, BUILD_ROOT);
}
