/** What a server without machines offers: the demo, a definition of one's own, or the first machine by redis-cli. And the demo's end. */

import type { Question } from "./confirm.tsx";
import { useQuestion } from "./confirm.tsx";
import { linkTo, useAllowed } from "./hooks.ts";
import { Copied, Panel } from "./parts.tsx";

const FIRST_MACHINE = [
  `SM.DEF CREATE lamp:v1 '{"initial":"off","states":{"off":{"on":{"PRESS":"on"}},"on":{"on":{"PRESS":"off"}}}}'`,
  "SM.CREATE hall lamp",
  "SM.SEND hall PRESS",
];

const DEMO: Question = {
  title: "Start the demo",
  text: "A hundred orders are made and get events, until the demo is removed. All that it makes has names that begin with “demo”.",
  fields: [],
  words: () => ["SM.DEMO"],
};

const DEMO_END: Question = {
  title: "Remove the demo",
  text: "Its events end, and its machines and definitions are removed from this database. This cannot be taken back; the demo can be started again.",
  fields: [],
  isDangerous: true,
  words: () => ["SM.DEMO", "STOP"],
};

export function Beginning({ onDone }: { readonly onDone: () => void }) {
  const { pose, dialog } = useQuestion(onDone);
  const [mayDemo, mayTry] = useAllowed([["SM.DEMO"], ["SM.DEF", "CREATE", "x", "{}"]]);
  return (
    <Panel title="There is no machine yet">
      <ul class="ways">
        {mayDemo === true && (
          <li>
            <button type="button" class="primary" onClick={() => pose(DEMO)}>
              Start the demo
            </button>{" "}
            A hundred orders on their way, to look at and to play with.
          </li>
        )}
        <li>
          <a href={linkTo("try")}>Try</a> has an editor: write or paste a definition, see it drawn, and play a
          machine through in the browser{mayTry === true ? "; save it when it is right" : ""}.
        </li>
        <li>
          Or make your first machine with <code>redis-cli</code>:
          {FIRST_MACHINE.map((line) => (
            <Copied key={line} label="Copy the command" text={line} />
          ))}
        </li>
      </ul>
      {dialog}
    </Panel>
  );
}

export function DemoEnd({ onDone }: { readonly onDone: () => void }) {
  const { pose, dialog } = useQuestion(onDone);
  const [may] = useAllowed([["SM.DEMO", "STOP"]]);
  if (may !== true) return null;
  return (
    <>
      <button type="button" class="link" onClick={() => pose(DEMO_END)}>
        Remove the demo
      </button>
      {dialog}
    </>
  );
}
