import type { Assets } from '../assets.js';
import { LANGUAGES, type Language } from '../messages/choose-language.js';
import { html } from './html.js';
import { icon } from './icon.js';
import { renderDocument } from './layout.js';

export interface MissingPageInput {
  /** `locked`: the address is clean, and this browser has no cookie for it. */
  readonly because: 'missing' | 'locked';
  readonly language: Language;
  /** What stood in the address, kept while the language is changed: cut short or not, it is the reader's own. */
  readonly token: string | null;
  readonly assets: Assets;
}

/** For a link that is cut short, forged or too old. It does not say which, nor whether there is such a payment. */
export function renderMissingPage({ because, assets, language, token }: MissingPageInput): string {
  const text = LANGUAGES[language];
  const { title, detail } = text.states[because];
  return renderDocument({
    title,
    language,
    self: new URLSearchParams(token === null ? {} : { t: token }),
    assets,
    withScript: false,
    main: html`<main class="card ended" data-state="missing" data-announce="${title}">
      <section class="outcome">
        ${icon('missing')}
        <h1 tabindex="-1">${title}</h1>
        <p class="detail">${detail}</p>
      </section>
    </main>`,
  });
}
