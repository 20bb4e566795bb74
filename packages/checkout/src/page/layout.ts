import { hrefOf, type Assets } from '../assets.js';
import { LANGUAGES, type Language } from '../messages/choose-language.js';
import { html, type Html } from './html.js';

export interface Layout {
  readonly title: string;
  readonly language: Language;
  /** The query of the page's own address. */
  readonly self: URLSearchParams;
  readonly assets: Assets;
  /** Left out where nothing on the page will ever change. */
  readonly withScript: boolean;
  /** One `main` element; the script replaces it as a whole. */
  readonly main: Html;
}

/** The document around the page's `main`. The region beneath it speaks to screen readers and outlives each `main`. */
export function renderDocument({ title, language, self, assets, withScript, main }: Layout): string {
  const text = LANGUAGES[language];
  const script = html`<script type="module" src="${hrefOf(assets.script)}"></script>`;
  return html`<!doctype html>
    <html lang="${text.language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex, nofollow" />
        <meta name="format-detection" content="telephone=no" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="${hrefOf(assets.style)}" />
        ${withScript && script}
      </head>
      <body>
        ${main}
        <footer>
          ${languageSwitch(language, self)}
          <p>${text.poweredBy}</p>
        </footer>
        <p id="announcer" class="unseen" role="status" aria-live="polite"></p>
      </body>
    </html> `.markup;
}

function languageSwitch(current: Language, self: URLSearchParams): Html {
  const links = (Object.keys(LANGUAGES) as Language[]).map((language) => {
    const query = new URLSearchParams(self);
    query.set('lang', language);
    const { language: lang, name } = LANGUAGES[language];
    return html`<li>
      <a
        href="?${query.toString()}"
        lang="${lang}"
        hreflang="${lang}"
        ${language === current && html`aria-current="true"`}
        >${name}</a
      >
    </li>`;
  });
  return html`<nav aria-label="${LANGUAGES[current].chooseLanguage}">
    <ul>
      ${links}
    </ul>
  </nav>`;
}
