import { invalidStatement } from '../invalid.js';
import { DEFAULT_MAX_BYTES, type StatementSource } from '../source.js';
import { textLines, type StatementEncoding } from '../text-lines.js';
import { readBalance, readFloorCurrency, readLine, readSum } from './mt940-fields.js';
import type { Mt940End, Mt940Item, Mt940Line, Mt940Statement } from './mt940-message.js';

export interface ReadMt940Options {
  /** How large the file may be. Left out: 256 MiB. */
  readonly maxBytes?: number;
  /** Left out: `auto`. */
  readonly encoding?: StatementEncoding;
}

/** Of one line and what belongs to it, in characters. */
const MAX_TEXT = 64 * 1024;

/**
 * Reads MT940 and MT942 as banks write them, line by line: memory does not grow with the file. Nothing counts before the
 * iteration has ended without an error.
 *
 * @throws ItPayError `STATEMENT_INVALID` with the line
 */
export async function* readMt940(
  source: StatementSource,
  { maxBytes = DEFAULT_MAX_BYTES, encoding = 'auto' }: ReadMt940Options = {},
): AsyncGenerator<Mt940Item, void> {
  const reader = new Mt940Reader();
  for await (const { text, number } of textLines(source, maxBytes, encoding)) {
    reader.read(text, number);
    yield* reader.take();
  }
  reader.end();
  yield* reader.take();
}

type Draft<T> = { -readonly [K in keyof T]?: T[K] };

class Mt940Reader {
  #items: Mt940Item[] = [];
  #head: Draft<Mt940Statement> | null = null;
  #headTold = false;
  #line: ({ -readonly [K in keyof Omit<Mt940Line, 'info'>]: Mt940Line[K] } & { readonly info: string[] }) | null = null;
  #end: { -readonly [K in keyof Omit<Mt940End, 'sums'>]: Mt940End[K] } & {
    readonly sums: Array<Mt940End['sums'][number]>;
  } = { sums: [] };
  /** What a line without a tag continues. */
  #continues: 'line' | 'info' | 'nothing' = 'nothing';
  #characters = 0;
  #statements = 0;

  take(): readonly Mt940Item[] {
    const items = this.#items;
    this.#items = [];
    return items;
  }

  read(text: string, number: number): void {
    const [, tag, value = ''] = /^:([0-9]{2}[A-Z]?|NS):(.*)$/.exec(text) ?? [];
    if (tag === '20') this.#begin(value, number);
    // Banks put their own headers before the first message.
    else if (this.#head === null) return;
    else if (tag !== undefined) this.#field(tag, value, number);
    else if (/^-(?:\}.*)?\s*$/.test(text)) this.#continues = 'nothing';
    else this.#continue(text, number);
  }

  end(): void {
    this.#finish();
    if (this.#statements === 0) throw invalidStatement('There is no field 20, with which each statement begins.');
  }

  #begin(reference: string, line: number): void {
    this.#finish();
    this.#statements += 1;
    this.#head = { reference: reference.trim(), line };
    this.#headTold = false;
    this.#end = { sums: [] };
    this.#continues = 'nothing';
  }

  #field(tag: string, value: string, number: number): void {
    const head = this.#head!;
    switch (tag) {
      case '25':
      case '25P':
        return this.#once(head, 'account', value.trim(), number);
      case '28':
      case '28C':
        return this.#once(head, 'number', value.trim(), number);
      case '34F':
        head.floorCurrency ??= readFloorCurrency(value, number);
        return this.#closeLine();
      case '13':
      case '13D':
        return this.#once(head, 'madeAt', value.trim(), number);
      case '60F':
      case '60M':
        this.#once(head, 'opening', readBalance(value, number), number);
        head.openingType = tag;
        return;
      case '61':
        return this.#openLine(value, number);
      case '86':
      case 'NS':
        return this.#openInfo(tag, value, number);
      case '62F':
      case '62M':
        this.#closeLine();
        if (this.#end.closing !== undefined) throw invalidStatement('There is a second closing balance.', number);
        this.#end.closing = readBalance(value, number);
        this.#end.closingType = tag;
        return;
      case '90C':
      case '90D':
        this.#closeLine();
        this.#end.sums.push(readSum(tag === '90C' ? 'C' : 'D', value, number));
        if (this.#end.sums.length > 100) throw invalidStatement('There are too many sums.', number);
        return;
      default:
        // 21, 64, 65 and fields of single banks tell nothing that is booked.
        this.#closeLine();
    }
  }

  #once<K extends keyof Mt940Statement>(
    head: Draft<Mt940Statement>,
    key: K,
    value: Mt940Statement[K],
    line: number,
  ): void {
    if (head[key] !== undefined) throw invalidStatement(`A statement tells its ${key} twice.`, line);
    if (this.#headTold) throw invalidStatement(`A statement tells its ${key} after its lines.`, line);
    head[key] = value;
    this.#continues = 'nothing';
  }

  #openLine(value: string, number: number): void {
    this.#closeLine();
    this.#tellHead();
    this.#line = { ...readLine(value, number), info: [] };
    this.#characters = 0;
    this.#continues = 'line';
  }

  #openInfo(tag: string, value: string, number: number): void {
    this.#continues = 'nothing';
    // Before the lines it is about the statement, and so it is behind them, where the line is closed already.
    if (this.#line === null) return;
    if (tag === 'NS' && this.#line.info.length > 0) return;
    this.#count(value, number);
    this.#line.info.push(value);
    this.#continues = 'info';
  }

  #continue(text: string, number: number): void {
    const line = this.#line;
    if (line === null || this.#continues === 'nothing') return;
    this.#count(text, number);
    if (this.#continues === 'info') line.info.push(`${line.info.pop()!}\n${text}`);
    else if (text.trim() !== '') line.supplementary = [line.supplementary, text].filter(Boolean).join('\n');
  }

  #count(text: string, number: number): void {
    this.#characters += text.length + 1;
    if (this.#characters > MAX_TEXT) throw invalidStatement('There is too much text for one line.', number);
  }

  #closeLine(): void {
    this.#continues = 'nothing';
    if (this.#line === null) return;
    const info = this.#line.info.map((text) => text.replace(/\n+$/, ''));
    this.#items.push({ item: 'line', line: { ...this.#line, info } });
    this.#line = null;
  }

  #finish(): void {
    if (this.#head === null) return;
    this.#closeLine();
    this.#tellHead();
    this.#items.push({ item: 'end', end: this.#end });
    this.#head = null;
  }

  #tellHead(): void {
    if (this.#headTold) return;
    this.#headTold = true;
    const { reference, account, number, line, ...more } = this.#head!;
    if (!account) throw invalidStatement('A statement has no field 25, its account.', line);
    this.#items.push({
      item: 'statement',
      statement: { reference: reference!, account, number: number ?? '', line: line!, ...more },
    });
  }
}
