/** A text in another language: which it looks like, its translation, and what of it does not translate. */
import { useState } from "preact/hooks";
import type { Finding } from "../engine/types.ts";
import { errorOf } from "./api.ts";
import { LANGUAGES, type Language, languageOf } from "./languages.ts";

/** A translation that has taken the place of a text. */
export interface Translated {
  readonly language: Language;
  readonly from: string;
  readonly findings: readonly Finding[];
}

export function Foreign({
  text,
  translated,
  onTranslated,
}: {
  readonly text: string;
  readonly translated: Translated | undefined;
  /** With the text that takes the place of the other. */
  readonly onTranslated: (text: string, translated: Translated | undefined) => void;
}) {
  const looks = languageOf(text);
  const [chosen, setChosen] = useState<Language>();
  const [findings, setFindings] = useState<readonly Finding[]>([]);
  if (translated !== undefined)
    return (
      <div class="foreign">
        <p>
          Translated from {nameOf(translated.language)}.{" "}
          <button type="button" class="link" onClick={() => onTranslated(translated.from, undefined)}>
            Back to that text
          </button>
        </p>
        <Remarks findings={translated.findings} />
      </div>
    );
  if (looks === undefined) return null;
  const language = chosen ?? looks;
  const translate = async () => {
    const found = await translation(language, text);
    if (found.document === undefined) setFindings(found.findings);
    else onTranslated(found.document, { language, from: text, findings: found.findings });
  };
  return (
    <div class="foreign">
      <p>
        This is no definition in JSON. Read it as{" "}
        <select
          aria-label="Language of the text"
          value={language}
          onInput={(event) => setChosen(LANGUAGES.find(([word]) => word === event.currentTarget.value)?.[0])}
        >
          {LANGUAGES.map(([word, name]) => (
            <option key={word} value={word}>
              {name}
            </option>
          ))}
        </select>{" "}
        <button type="button" class="primary" onClick={() => void translate()}>
          Translate
        </button>
      </p>
      <Remarks findings={findings} />
    </div>
  );
}

interface Translation {
  /** Undefined where the text does not translate. */
  readonly document: string | undefined;
  readonly findings: readonly Finding[];
}

async function translation(language: Language, text: string): Promise<Translation> {
  try {
    const { translate } = await import("./translate.ts");
    const { document, findings } = translate(language, fenced(text));
    return {
      document: document === undefined ? undefined : `${JSON.stringify(document, undefined, 2)}\n`,
      findings,
    };
  } catch (reason) {
    const message = `the translator could not be loaded: ${errorOf(reason).message}`;
    return { document: undefined, findings: [{ severity: "error", path: "$", message }] };
  }
}

/** What is between the fences of Markdown, as a page that shows a diagram has it. */
function fenced(text: string): string {
  return /^\s*```\w*\n([\s\S]*?)\n```\s*$/.exec(text)?.[1] ?? text;
}

function nameOf(language: Language): string {
  return LANGUAGES.find(([word]) => word === language)?.[1] ?? language;
}

function Remarks({ findings }: { readonly findings: readonly Finding[] }) {
  if (findings.length === 0) return null;
  return (
    <ul class="findings" aria-label="What does not translate">
      {findings.map(({ severity, path, message }) => (
        <li key={`${path} ${message}`} class={severity === "error" ? "bad" : ""}>
          <code>{path}</code> {message}
        </li>
      ))}
    </ul>
  );
}
