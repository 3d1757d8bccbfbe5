/** Which language a text is in: ours, or one that the importers read. */

/** The languages, by the word that SM.DEF IMPORT calls them by, with their names. */
export const LANGUAGES = [
  ["XSTATE", "XState"],
  ["SCXML", "SCXML"],
  ["ASL", "Amazon States Language"],
  ["MERMAID", "Mermaid"],
  ["PLANTUML", "PlantUML"],
  ["YAML", "YAML"],
] as const;

export type Language = (typeof LANGUAGES)[number][0];

/** The language that a text looks like; undefined for what is a definition of ours, or is to become one. */
export function languageOf(text: string): Language | undefined {
  const start = text.trimStart().slice(0, 20_000);
  if (start === "") return undefined;
  if (/^<(\?xml|!--|scxml\b|\w+:scxml\b)/.test(start)) return "SCXML";
  if (/^@startuml\b/.test(start)) return "PLANTUML";
  if (/^(```mermaid\s|---\s[\s\S]*?---\s*stateDiagram|%%|stateDiagram(-v2)?\b)/.test(start)) return "MERMAID";
  if (/\b(createMachine|setup)\s*\(|\bfrom\s+["']xstate["']/.test(start)) return "XSTATE";
  if (start.startsWith("{")) return /"(StartAt|States)"\s*:/.test(start) ? "ASL" : undefined;
  return /^(---\s|#.*\n|[\w"'-]+\s*:(\s|$))/.test(start) ? "YAML" : undefined;
}
