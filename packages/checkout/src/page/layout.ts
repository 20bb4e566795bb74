import { hrefOf, type Assets } from '../assets.js';
import { html, type Html } from './html.js';

export interface Layout {
  readonly title: string;
  readonly language: string;
  readonly footer: string;
  readonly assets: Assets;
  /** Left out where nothing on the page will ever change. */
  readonly withScript: boolean;
  /** One `main` element; the script replaces it as a whole. */
  readonly main: Html;
}

/** The document around the page's `main`. The region beneath it speaks to screen readers and outlives each `main`. */
export function renderDocument({ title, language, footer, assets, withScript, main }: Layout): string {
  const script = html`<script type="module" src="${hrefOf(assets.script)}"></script>`;
  return html`<!doctype html>
    <html lang="${language}">
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
        <footer>${footer}</footer>
        <p id="announcer" class="unseen" role="status" aria-live="polite"></p>
      </body>
    </html> `.markup;
}
