/** The parsers of foreign languages in a browser, where the build puts them in the place of `parsers.ts`: loaded with the importers. */
import * as acornModule from "acorn";
import jsonataModule from "jsonata";
import * as saxesModule from "saxes";
import * as yamlModule from "yaml";

export const acorn = () => acornModule;
export const jsonata = () => jsonataModule;
export const saxes = () => saxesModule;
export const yaml = () => yamlModule;
