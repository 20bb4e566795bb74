import { expect, it } from 'vitest';
import { html, trusted } from './html.js';

it('escapes every value, in text and in attributes', () => {
  const hostile = `"><script>alert('1')</script>&amp;`;

  const { markup } = html`<p title="${hostile}">${hostile}</p>`;

  const escaped = '&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;';
  expect(markup).toBe(`<p title="${escaped}">${escaped}</p>`);
});

it('takes markup in as it is, also from lists', () => {
  const items = ['<a>', 'b'].map((item) => html`<li>${item}</li>`);

  expect(html`${items}`.markup).toBe('<li>&lt;a&gt;</li><li>b</li>');
  expect(html`${trusted('<svg/>')}`.markup).toBe('<svg/>');
});

it('escapes an object that looks like markup', () => {
  const lookalike = JSON.parse('{"markup":"<b>"}');

  expect(() => html`${lookalike}`.markup).toThrow(TypeError);
});

it('leaves nothing behind for null and false, and keeps zero', () => {
  expect(html`[${null}${false}${0}]`.markup).toBe('[0]');
});
