import { createRequire } from 'node:module';
import jsqr from 'jsqr';
import { describe, expect, it } from 'vitest';
import { qrPng, qrSvg } from './image.js';

// pngjs and qrcode come without types.
const require = createRequire(import.meta.url);
const { PNG } = require('pngjs') as {
  PNG: { sync: { read(png: Buffer): { width: number; height: number; data: Uint8Array } } };
};
const { create } = require('qrcode') as {
  create(data: string, options: object): { modules: { size: number; get(row: number, column: number): number } };
};
// jsqr is CommonJS; under NodeNext its types put the function one `default` deeper than it is.
const read = jsqr as unknown as typeof jsqr.default;

const EMVCO =
  '00020101021230490016A00000067701011201150000000000000010202INV20261122053037645405' +
  '699.005802TH5909ITPAY SHOP6304ABCD';

const payloads: Array<[name: string, data: string]> = [
  ['one character', 'A'],
  ['digits', '31415926535897932384626433832795'],
  ['a URI', 'weixin://wxpay/bizpayurl?pr=NwY5Mz9&groupid=00'],
  ['an EMVCo payload of 117 characters', EMVCO.padEnd(117, '0')],
  ['text in CJK', '扫码支付 · 結帳 · お支払い · 결제'],
  ['300 characters', 'pay?'.repeat(75)],
  ['the longest that fits', 'x'.repeat(2331)],
];

describe.each([true, false])('the PNG with test: %s', (test) => {
  it.each(payloads)('reads back as %s', (_name, data) => {
    const image = PNG.sync.read(Buffer.from(qrPng(data, { test })));

    const pixels = new Uint8ClampedArray(image.data);
    expect(read(pixels, image.width, image.height)?.data).toBe(data);
  });
});

it('draws the PNG 512 pixels wide, and higher by a strip in test mode', () => {
  const live = PNG.sync.read(Buffer.from(qrPng(EMVCO, { test: false })));
  const test = PNG.sync.read(Buffer.from(qrPng(EMVCO, { test: true })));

  expect([live.width, live.height]).toEqual([512, 512]);
  expect([test.width, test.height]).toEqual([512, 600]);
  expect(Buffer.from(live.data).equals(test.data.subarray(0, live.data.length))).toBe(true);
});

it('writes TEST on the strip, in white on black', () => {
  const image = PNG.sync.read(Buffer.from(qrPng(EMVCO, { test: true })));

  const dots = rows(11, 64, (x, y) => image.data[((512 + y * 8 + 4) * 512 + x * 8 + 4) * 4]! > 128);

  expect(dots.map((line) => line.slice(20, 43))).toEqual([
    '                       ',
    '                       ',
    '##### #####  #### #####',
    '  #   #     #       #  ',
    '  #   #     #       #  ',
    '  #   ####   ###    #  ',
    '  #   #         #   #  ',
    '  #   #         #   #  ',
    '  #   ##### ####    #  ',
    '                       ',
    '                       ',
  ]);
});

it('keeps the PNG small', () => {
  expect(qrPng(EMVCO, { test: true }).length).toBeLessThan(4000);
});

describe.each(payloads)('the SVG of %s', (_name, data) => {
  const { modules } = create(data, { errorCorrectionLevel: 'M' });

  it.each([true, false])('inks the modules of the code and no others, with test: %s', (test) => {
    const svg = qrSvg(data, { test });

    const inked = cellsOf(svg.match(/<path fill="#000" d="([^"]+)"/)![1]!);
    const drawn = rows(modules.size, modules.size, (x, y) => inked.has(`${x + 4} ${y + 4}`));
    expect(drawn).toEqual(rows(modules.size, modules.size, (x, y) => Boolean(modules.get(y, x))));
    expect(inked.size).toBe(drawn.join('').replaceAll(' ', '').length);
  });
});

it('leaves four modules of white around the code in the SVG', () => {
  const { modules } = create(EMVCO, { errorCorrectionLevel: 'M' });
  const width = modules.size + 8;

  const svg = qrSvg(EMVCO, { test: false });

  expect(svg).toContain(`viewBox="0 0 ${width} ${width}"`);
  expect(svg).toContain(`<path fill="#fff" d="M0 0h${width}v${width}H0z"/>`);
});

it.each([true, false])('writes well-formed XML that any page may hold, with test: %s', (test) => {
  const svg = qrSvg('<&">', { test });

  expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"( [a-zA-Z-]+="[^"<>&]+")+>/);
  expect(svg).toMatch(/^<svg [^<>]+><title>[^<>&]+<\/title>(<path( [a-z]+="[^"<>&]+")+\/>)+<\/svg>$/);
  expect(svg).toContain('role="img"');
  expect(svg).not.toMatch(/style=|<style|<script|NaN|undefined/);
});

it('says TEST in the SVG beneath the quiet zone, in the picture and in its title', () => {
  const { modules } = create(EMVCO, { errorCorrectionLevel: 'M' });
  const live = qrSvg(EMVCO, { test: false });
  const test = qrSvg(EMVCO, { test: true });

  const strip = test.match(/transform="translate\(0 (\d+)\) scale\([\d.]+\)" d="([^"]+)"/)!;
  expect(Number(strip[1])).toBe(modules.size + 8);
  const word = cellsOf(strip[2]!);
  expect(rows(9, 43, (x, y) => word.has(`${x} ${y}`))[2]!.slice(20)).toBe('##### #####  #### #####');
  expect(test).toContain('<title>TEST');
  expect(live).not.toContain('TEST');
});

it('refuses what is empty or does not fit', () => {
  expect(() => qrSvg('', { test: false })).toThrow();
  expect(() => qrPng('x'.repeat(2332), { test: false })).toThrow();
});

function rows(height: number, width: number, inked: (x: number, y: number) => boolean): string[] {
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (__, x) => (inked(x, y) ? '#' : ' ')).join(''),
  );
}

/** The squares that a path of `Mx y h… v1 Hx z` covers, as "x y". */
function cellsOf(path: string): Set<string> {
  const cells = new Set<string>();
  const rest = path.replace(/M(\d+) (\d+)h(\d+)v1H(\d+)z/g, (_match, left, top, length, back) => {
    expect(back).toBe(left);
    for (let x = 0; x < Number(length); x++) cells.add(`${Number(left) + x} ${top}`);
    return '';
  });
  expect(rest).toBe('');
  return cells;
}
