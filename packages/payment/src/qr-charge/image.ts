import { createRequire } from 'node:module';
import { crc32, deflateSync } from 'node:zlib';

/** `test` puts a strip with the word TEST beneath the code, so that nobody takes it for one that can be paid. */
export interface QrImageOptions {
  readonly test: boolean;
}

/**
 * The code as an SVG image: one path of dark modules on white, which also scans on a dark page. The picture needs no
 * font, no style sheet and no script.
 *
 * @param data what the wallet reads, byte for byte; at most 2331 bytes
 * @throws Error when `data` is empty or does not fit a QR code
 */
export function qrSvg(data: string, { test }: QrImageOptions): string {
  const code = codeOf(data);
  const width = code.width + 2 * QUIET_ZONE;
  const dot = width / STRIP.width;
  const height = test ? width + STRIP.height * dot : width;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}"`,
    ` width="${IMAGE_WIDTH}" height="${(IMAGE_WIDTH * height) / width}" role="img" shape-rendering="crispEdges">`,
    `<title>${test ? 'TEST QR code, cannot be paid' : 'QR code'}</title>`,
    `<path fill="#fff" d="M0 0h${width}v${height}H0z"/>`,
    `<path fill="#000" d="${pathOf(code, QUIET_ZONE)}"/>`,
    test ? `<path fill="#000" d="M0 ${width}h${width}v${height - width}H0z"/>` : '',
    test ? `<path fill="#fff" transform="translate(0 ${width}) scale(${dot})" d="${pathOf(STRIP, 0)}"/>` : '',
    '</svg>',
  ].join('');
}

/**
 * The code as a PNG image, 512 pixels wide. Modules are whole pixels: a scaled module blurs, and blurred codes scan badly.
 *
 * @param data what the wallet reads, byte for byte; at most 2331 bytes
 * @throws Error when `data` is empty or does not fit a QR code
 */
export function qrPng(data: string, { test }: QrImageOptions): Uint8Array {
  const code = codeOf(data);
  const scale = Math.floor(IMAGE_WIDTH / (code.width + 2 * QUIET_ZONE));
  const margin = Math.floor((IMAGE_WIDTH - code.width * scale) / 2);
  const dot = IMAGE_WIDTH / STRIP.width;

  const blank = (count: number) => Array.from({ length: count }, () => scanline(0xff));
  const lines = [...blank(margin), ...scanlinesOf(code, scale, margin, 0xff)];
  lines.push(...blank(IMAGE_WIDTH - lines.length));
  if (test) lines.push(...scanlinesOf(STRIP, dot, 0, 0x00));
  return encodePng(lines);
}

const IMAGE_WIDTH = 512;
const QUIET_ZONE = 4; // modules on each side (ISO/IEC 18004)

/** A picture of squares that are either inked or not. */
interface Bitmap {
  readonly width: number;
  readonly height: number;
  inked(x: number, y: number): boolean;
}

const TEST_WORD = [
  '##### #####  #### #####',
  '  #   #     #       #  ',
  '  #   #     #       #  ',
  '  #   ####   ###    #  ',
  '  #   #         #   #  ',
  '  #   #         #   #  ',
  '  #   ##### ####    #  ',
];

// The word in the middle of a strip that is as wide as the image. Its width divides that of the image.
const STRIP: Bitmap = {
  width: 64,
  height: TEST_WORD.length + 4,
  inked: (x, y) => TEST_WORD[y - 2]?.[x - 20] === '#',
};

interface QrCode {
  create(
    data: string,
    options: { errorCorrectionLevel: 'M' },
  ): {
    readonly modules: { readonly size: number; get(row: number, column: number): number };
  };
}

// Loaded with the first code, because a start of the server need not pay 30 ms for it. It comes without types.
const require = createRequire(import.meta.url);

function codeOf(data: string): Bitmap {
  const { create } = require('qrcode') as QrCode;
  const { modules } = create(data, { errorCorrectionLevel: 'M' });
  return { width: modules.size, height: modules.size, inked: (x, y) => Boolean(modules.get(y, x)) };
}

/** One rectangle for each horizontal run of inked squares. */
function pathOf(bitmap: Bitmap, offset: number): string {
  let path = '';
  for (let y = 0; y < bitmap.height; y++) {
    for (let x = 0; x < bitmap.width; x++) {
      if (!bitmap.inked(x, y)) continue;
      const start = x;
      while (x + 1 < bitmap.width && bitmap.inked(x + 1, y)) x++;
      path += `M${start + offset} ${y + offset}h${x + 1 - start}v1H${start + offset}z`;
    }
  }
  return path;
}

/** A line of pixels at one bit each, 1 for white, behind the byte that says "not filtered". (PNG 1.2, chapter 6) */
function scanline(paper: 0x00 | 0xff): Uint8Array {
  return new Uint8Array(1 + IMAGE_WIDTH / 8).fill(paper, 1);
}

function scanlinesOf(bitmap: Bitmap, scale: number, left: number, paper: 0x00 | 0xff): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let y = 0; y < bitmap.height; y++) {
    const line = scanline(paper);
    for (let pixel = left; pixel < left + bitmap.width * scale; pixel++) {
      const inked = bitmap.inked(Math.floor((pixel - left) / scale), y);
      if (inked) line[1 + (pixel >> 3)]! ^= 0x80 >> (pixel & 7);
    }
    for (let copy = 0; copy < scale; copy++) lines.push(line);
  }
  return lines;
}

// Written here: one bit per pixel at deflate level 1 is some hundred times faster than a general encoder.
// (PNG 1.2, chapters 3 and 4: signature, then chunks of length, type, data and CRC)
function encodePng(lines: readonly Uint8Array[]): Uint8Array {
  const header = Buffer.alloc(13); // what stays zero: grayscale, deflate, adaptive filters, not interlaced
  header.writeUInt32BE(IMAGE_WIDTH, 0);
  header.writeUInt32BE(lines.length, 4);
  header[8] = 1; // bits per pixel
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(lines), { level: 1 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Uint8Array): Buffer {
  const typeAndData = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(typeAndData));
  return Buffer.concat([length, typeAndData, checksum]);
}
