/** Markup that may stand in a page as it is. Made by `html` and `trusted` only. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }

  toString(): string {
    return this.markup;
  }
}

type Value = string | number | Html | null | false | readonly Value[];

/**
 * Builds markup. Every value is escaped unless it is markup itself, so that forgetting is not possible; it may stand in
 * text and in quoted attributes. `null` and `false` leave nothing behind.
 */
export function html(texts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(texts.reduce((before, text, index) => before + markupOf(values[index - 1]!) + text));
}

/** Takes markup in as it is. Only for what we drew ourselves. */
export function trusted(markup: string): Html {
  return new Html(markup);
}

function markupOf(value: Value): string {
  if (value === null || value === false) return '';
  if (value instanceof Html) return value.markup;
  if (typeof value === 'object') return value.map(markupOf).join('');
  return escapeText(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
