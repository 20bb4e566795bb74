import type { Assets } from '../assets.js';
import type { Messages } from '../messages.js';
import { html } from './html.js';
import { icon } from './icon.js';
import { renderDocument } from './layout.js';

/** For a link that is cut short, forged or too old. It does not say which, nor whether there is such a payment. */
export function renderMissingPage({ assets, text }: { readonly assets: Assets; readonly text: Messages }): string {
  const { title, detail } = text.states.missing;
  return renderDocument({
    title,
    language: text.language,
    footer: text.poweredBy,
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
