/** The definitions, beside every page. */
import { useState } from "preact/hooks";
import { linkTo } from "./hooks.ts";

/** More definitions than these can be searched. */
const SEARCH_FROM = 15;
const SHOWN_MAX = 200;

export function Side({
  definitions,
  current,
}: {
  readonly definitions: readonly string[];
  /** That whose page is open. */
  readonly current: string;
}) {
  const [sought, setSought] = useState("");
  const found = definitions.filter((id) => id.toLowerCase().includes(sought.toLowerCase()));
  return (
    <nav class="side" aria-label="Definitions">
      <h2>Definitions</h2>
      {definitions.length > SEARCH_FROM && (
        <input
          type="search"
          placeholder="Find one"
          aria-label="Find a definition"
          value={sought}
          onInput={(event) => setSought(event.currentTarget.value)}
        />
      )}
      {found.length === 0 && <p class="hint">None.</p>}
      <ul>
        {found.slice(0, SHOWN_MAX).map((id) => (
          <li key={id}>
            <a href={linkTo("definition", id)} title={id} aria-current={current === id ? "page" : undefined}>
              {id}
            </a>
          </li>
        ))}
      </ul>
      {found.length > SHOWN_MAX && <p class="hint">and {found.length - SHOWN_MAX} more</p>}
    </nav>
  );
}
