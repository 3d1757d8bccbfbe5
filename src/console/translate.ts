/** The importers, which are loaded when a text of another language is there. */
export { translate } from "../importers/formats.ts";
