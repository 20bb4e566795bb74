import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { money } from '@itpay/core';
import type { StatementFacts, StatementPart, StatementRow } from '@itpay/kernel';

/** How many parts are packed together. */
const PACK = 500;

/**
 * What a reader told, kept in little memory to be read again: a rail tells a day once, and nothing of it counts before its
 * end.
 */
export class KeptParts {
  readonly #packs: Buffer[] = [];
  readonly #digest = createHash('sha256');
  #open: string[] = [];

  /** @param name tells this reading from one of another day with the same content */
  constructor(name: string) {
    this.#digest.update(`${name}\n`);
  }

  add(part: StatementPart): void {
    const line = JSON.stringify(part, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
    this.#digest.update(`${line}\n`);
    this.#open.push(line);
    if (this.#open.length < PACK) return;
    this.#packs.push(pack(this.#open));
    this.#open = [];
  }

  /** SHA-256 of everything that was added. Called once, at the end. */
  digest(): Buffer {
    return this.#digest.digest();
  }

  async *read(): AsyncGenerator<StatementPart> {
    for (const packed of this.#packs) yield* unpack(packed);
    yield* this.#open.map(partOf);
  }
}

const pack = (lines: readonly string[]) => deflateRawSync(`[${lines.join(',')}]`);

function unpack(packed: Buffer): StatementPart[] {
  return (JSON.parse(inflateRawSync(packed).toString()) as PlainPart[]).map(fromPlain);
}

const partOf = (line: string) => fromPlain(JSON.parse(line) as PlainPart);

interface PlainMoney {
  readonly currency: string;
  readonly value: string;
}
type PlainPart = {
  readonly part: StatementPart['part'];
  readonly row: Omit<StatementRow, 'amount' | 'fee' | 'bookedAt'> & {
    readonly amount: PlainMoney;
    readonly fee?: PlainMoney;
    readonly bookedAt: string;
  };
  readonly facts: Omit<StatementFacts, 'opening' | 'closing'> & {
    readonly opening?: PlainMoney;
    readonly closing?: PlainMoney;
  };
  readonly statementId: string;
  readonly account: string;
};

function fromPlain(plain: PlainPart): StatementPart {
  if (plain.part === 'row') {
    const { amount, fee, bookedAt, ...rest } = plain.row;
    return {
      part: 'row',
      row: { ...rest, amount: moneyOf(amount), ...(fee && { fee: moneyOf(fee) }), bookedAt: new Date(bookedAt) },
    };
  }
  if (plain.part === 'facts') {
    const { opening, closing, ...rest } = plain.facts;
    return {
      part: 'facts',
      facts: {
        ...rest,
        ...(opening && { opening: moneyOf(opening) }),
        ...(closing && { closing: moneyOf(closing) }),
      },
    };
  }
  return { part: 'statement', statementId: plain.statementId, account: plain.account };
}

const moneyOf = ({ currency, value }: PlainMoney) => money(currency, BigInt(value));
