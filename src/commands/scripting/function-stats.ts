/** FUNCTION STATS: the function that runs, of which there is never one for others to see, and how many there are. */
import { libraryFigures } from "../../keyspace/libraries.ts";
import type { Handler } from "../handler.ts";

const text = (characters: string) => Buffer.from(characters, "latin1");

export const functionStats = {
  name: "FUNCTION|STATS",
  run: ({ databases }) => {
    const { libraries, functions } = libraryFigures(databases.transaction);
    const counts = {
      kind: "map",
      entries: [
        [text("libraries_count"), libraries],
        [text("functions_count"), functions],
      ],
    } as const;
    return {
      kind: "map",
      entries: [
        [text("running_script"), null],
        [text("engines"), { kind: "map", entries: [[text("LUA"), counts]] }],
      ],
    };
  },
} as const satisfies Handler;
