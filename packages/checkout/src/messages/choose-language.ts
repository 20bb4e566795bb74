import { en } from './en.js';
import { id } from './id.js';
import type { Messages } from './messages.js';
import { th } from './th.js';
import { zh } from './zh.js';

/** Every language of the page, under its name in `?lang=`. */
export const LANGUAGES = { en, zh, th, id } as const satisfies Record<string, Messages>;
export type Language = keyof typeof LANGUAGES;

/**
 * The language to answer in: the one that was asked for, else the one that the browser likes best, else English.
 *
 * @param asked `?lang=`
 * @param accepted the `Accept-Language` header
 */
export function chooseLanguage(asked: string | null, accepted: string | undefined): Language {
  return (asked !== null && languageOf(asked)) || likedBest(accepted ?? '') || 'en';
}

function likedBest(header: string): Language | null {
  let best: { readonly language: Language; readonly quality: number } | null = null;
  for (const part of header.split(',')) {
    const [tag = '', ...parameters] = part.split(';').map((text) => text.trim());
    const language = languageOf(tag);
    const quality = qualityOf(parameters);
    // The first of equals, as they were written.
    if (language !== null && quality > (best?.quality ?? 0)) best = { language, quality };
  }
  return best?.language ?? null;
}

function qualityOf(parameters: readonly string[]): number {
  const written = parameters.find((parameter) => /^q=/i.test(parameter))?.slice(2);
  if (written === undefined) return 1;
  const quality = Number(written);
  return quality >= 0 && quality <= 1 ? quality : 0;
}

// A region or a script does not matter: zh-TW reads simplified Chinese better than English. `in` is Java's word for Indonesian.
function languageOf(tag: string): Language | null {
  const primary = tag.toLowerCase().split('-', 1)[0]!;
  if (primary === 'in') return 'id';
  return Object.hasOwn(LANGUAGES, primary) ? (primary as Language) : null;
}
