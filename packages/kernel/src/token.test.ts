import { expect, expectTypeOf, it } from 'vitest';
import { definePlugin, type PluginApis } from './plugin.js';
import { point, token, type Services, type Token } from './token.js';

it('gives the same identity for the same name, so that two installed copies agree', () => {
  expect(token('mail').id).toBe(token('mail').id);
  expect(token('mail').id).not.toBe(token('post').id);
});

it('keeps a token and an extension point of the same name apart', () => {
  expect(token('mail').id).not.toBe(point('mail').id);
});

it('types what a factory receives, and what the host sees', () => {
  interface Animal {
    readonly legs: number;
  }
  interface Dog extends Animal {
    bark(): void;
  }
  const Dog = token<Dog>('dog');
  const Animals = point<Animal>('animals');
  const plugin = definePlugin({ name: 'kennel', version: '1', api: Dog });

  expectTypeOf<Services<readonly [typeof Dog, typeof Animals]>>().toEqualTypeOf<[Dog, readonly Animal[]]>();
  expectTypeOf<PluginApis<readonly [typeof plugin]>>().toEqualTypeOf<{ readonly kennel: Dog }>();
  expectTypeOf<Token<Dog>>().not.toExtend<Token<Animal>>();
});
