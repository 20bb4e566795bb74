import { expect, it } from 'vitest';
import { chooseLanguage, LANGUAGES } from './choose-language.js';

it.each([
  // ?lang=  Accept-Language                        language
  ['th', 'zh-CN,zh;q=0.9', 'th'],
  ['TH', undefined, 'th'],
  ['zh-Hans', undefined, 'zh'],
  ['fr', 'id', 'id'],
  ['', 'id', 'id'],
  ['constructor', 'th', 'th'],
  [null, undefined, 'en'],
  [null, '', 'en'],
  [null, 'fr-FR,de;q=0.5', 'en'],
  [null, 'zh-CN,zh;q=0.9,en;q=0.8', 'zh'],
  [null, 'zh-TW', 'zh'],
  [null, 'in-ID', 'id'],
  [null, 'en;q=0.5, th ; Q=0.8', 'th'],
  [null, 'fr, th;q=0.2, id;q=0.3', 'id'],
  [null, 'th, id', 'th'],
  [null, 'th;q=0, id;q=0.1', 'id'],
  [null, 'th;q=0', 'en'],
  [null, 'th;q=high, id;q=0.1', 'id'],
  [null, 'th;q=7, id;q=0.1', 'id'],
  [null, '*, __proto__', 'en'],
])('answers ?lang=%s with Accept-Language %s in %s', (asked, accepted, language) => {
  expect(chooseLanguage(asked, accepted)).toBe(language);
});

it.each(Object.entries(LANGUAGES))('says everything in %s, in words of its own', (name, messages) => {
  const texts = Object.entries(messages.states).flatMap(([, { title, detail }]) => [title, detail]);

  expect(new Set(texts).size).toBe(texts.length);
  if (name === 'en') return;
  const english = Object.values(LANGUAGES.en.states).flatMap(({ title, detail }) => [title, detail]);
  expect(texts.filter((text) => text.trim() === '' || english.includes(text))).toEqual([]);
  expect(messages.payTitle('฿1.00', 'Baan Kafe')).toMatch(/฿1\.00.*Baan Kafe|Baan Kafe.*฿1\.00/);
  expect(messages.scanWith('qris', 'QRIS')).toContain('QRIS');
});
