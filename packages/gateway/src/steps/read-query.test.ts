import { expect, it } from 'vitest';
import { readQuery } from './read-query.js';

it.each([
  ['', false, {}],
  ['a=1&b=', false, { a: '1', b: '' }],
  ['a=x%20y+z', false, { a: 'x y z' }],
  ['a=%zz', false, { a: '%zz' }], //               the URL standard keeps a broken escape as it is
  ['t=secret&a=1', true, { a: '1' }], //           no route sees a display token
  ['t=1&t=2', true, {}],
  ['t=1', false, { t: '1' }],
])('reads %j, display token: %s', (query, displayToken, values) => {
  expect(readQuery(new URLSearchParams(query), { displayToken })).toEqual(values);
});

it.each([['a=1&b=2&a=1'], ['a=%00']])('refuses %j and names the parameter', (query) => {
  expect(() => readQuery(new URLSearchParams(query), { displayToken: false })).toThrow(
    expect.objectContaining({ code: 'PARAMETER_INVALID', param: 'a' }),
  );
});

it('reads a parameter named __proto__ as any other', () => {
  const values = readQuery(new URLSearchParams('__proto__=x'), { displayToken: false });

  expect(Object.entries(values)).toEqual([['__proto__', 'x']]);
});

it('takes the first of two on a page for people', () => {
  expect(readQuery(new URLSearchParams('t=1&t=2'), { hidden: true })).toEqual({ t: '1' });
});
