import { expect, it } from 'vitest';
import { Occurrences } from './occurrences.js';

it('counts each text by itself, however many there are', () => {
  const occurrences = new Occurrences();
  const texts = Array.from({ length: 20_000 }, (_, index) => `text ${index}`);

  for (const round of [1, 2, 3]) {
    expect(texts.map((text) => occurrences.add(text)).every((count) => count === round)).toBe(true);
  }
});
