import { expect, it } from 'vitest';
import { readJsonObject, textAt } from './json.js';

const read = (text: string) => readJsonObject(Buffer.from(text));

it('keeps every number as the text that stands there', () => {
  const text = '{"a": 100.10, "b":[-1, 1e5,0], "c":{"d":12345678901234567890.01}, "e": true, "f": null}';

  expect(read(text)).toEqual({
    a: '100.10',
    b: ['-1', '1e5', '0'],
    c: { d: '12345678901234567890.01' },
    e: true,
    f: null,
  });
});

it('leaves numbers within texts alone', () => {
  expect(read(String.raw`{"a 1":"2 \" 3 \\","4":"\u0031"}`)).toEqual({ 'a 1': '2 " 3 \\', '4': '1' });
});

it.each(['', ' ', '[]', '1', '"a"', 'null', '{"a":01}', '{"a":1', "{'a':1}", '{"a":1}x', '\uFEFF{}'])(
  'is null for %j',
  (text) => {
    expect(read(text)).toBeNull();
  },
);

it('is null for bytes that are no UTF-8', () => {
  expect(readJsonObject(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d))).toBeNull();
});

it('gives a field only where it holds text', () => {
  const object = read('{"text":"a","number":1,"empty":"","null":null,"list":[],"yes":true}')!;

  expect(textAt(object, 'text')).toBe('a');
  expect(textAt(object, 'number')).toBe('1');
  for (const name of ['empty', 'null', 'list', 'yes', 'missing', 'toString', '__proto__']) {
    expect(textAt(object, name), name).toBeUndefined();
  }
});
