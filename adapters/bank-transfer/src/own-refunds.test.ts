import { isItPayError, money } from '@itpay/core';
import type { RefundTransfer } from '@itpay/kernel';
import { describe, expect, it } from 'vitest';
import { bankTransfer } from './channel.js';

const [live, test] = bankTransfer({
  beneficiary: 'Łódź Café GmbH',
  account: { kind: 'sepa', iban: 'DE89370400440532013000', bic: 'COBADEFFXXX' },
}).channels;
const transfer: RefundTransfer = {
  refundReference: 'AB12CD34EF56',
  amount: money('EUR', 1230n),
  account: 'FR14 2004 1010 0505 0001 3M02 606',
  name: 'Zoë Müller',
  text: 'order-7',
};
const request = { fileId: '06b2m6vk0dtf5d5cq0m3vz8x5m', createdAt: new Date('2026-11-22T23:30:00Z') };
const fileOf = (...changes: Partial<RefundTransfer>[]) => {
  const document = live!.refundFile!({ ...request, transfers: changes.map((change) => ({ ...transfer, ...change })) });
  return { ...document, xml: Buffer.from(document.bytes).toString() };
};

describe('the refunds of a SEPA account', () => {
  it('leave as a file of its bank', () => {
    const { extension, contentType, xml } = fileOf({});

    expect([extension, contentType]).toEqual(['refunds.xml', 'application/xml']);
    expect(xml).toContain('<MsgId>06b2m6vk0dtf5d5cq0m3vz8x5m</MsgId>');
    expect(xml).toContain('<Dbtr><Nm>Lodz Cafe GmbH</Nm></Dbtr>');
    expect(xml).toContain('<IBAN>DE89370400440532013000</IBAN>');
    expect(xml).toContain('<EndToEndId>AB12CD34EF56</EndToEndId>');
    expect(xml).toContain('<InstdAmt Ccy="EUR">12.30</InstdAmt>');
    expect(xml).toContain('<IBAN>FR1420041010050500013M02606</IBAN>');
    expect(xml).toContain('<Ustrd>order-7</Ustrd>');
  });

  it('are the same bytes for the same request', () => {
    expect(fileOf({}).xml).toBe(fileOf({}).xml);
  });

  it('are to be sent on the day that it is where the euro is', () => {
    expect(fileOf({}).xml).toContain('<ReqdExctnDt><Dt>2026-11-23</Dt></ReqdExctnDt>');
  });

  it('carry as much of names and texts as SEPA has room for', () => {
    const { xml } = fileOf({ name: 'ß'.repeat(60), text: '汉字' });

    expect(xml).toContain(`<Nm>${'ss'.repeat(35)}</Nm>`);
    expect(xml).not.toContain('<RmtInf>');
  });

  it.each<[Partial<RefundTransfer>, string]>([
    [{ account: 'FR14 2004 1010 0505 0001 3M02 607' }, 'transfers[1].account'],
    [{ account: 'BR1500000000000010932840814P2' }, 'transfers[1].account'],
    [{ name: '汉字' }, 'transfers[1].name'],
    [{ refundReference: 'two words', account: transfer.account }, 'transfers[1].refundReference'],
    [{ refundReference: transfer.refundReference }, 'transfers[1].refundReference'],
  ])('name the transfer that cannot be written: %j', (change, param) => {
    try {
      fileOf({}, { refundReference: 'R2', ...change });
      expect.unreachable();
    } catch (error) {
      expect(isItPayError(error) && error.param).toBe(param);
      expect((error as Error).message).toContain(param);
    }
  });

  it('have a file in test mode too, of the account that no bank has', () => {
    const { bytes } = test!.refundFile!({ ...request, transfers: [transfer] });

    expect(Buffer.from(bytes).toString()).toContain('<IBAN>DE36000000000000000000</IBAN>');
  });
});

it('of an account outside SEPA have no file', () => {
  const [, paynow] = bankTransfer({
    beneficiary: 'Shop Pte Ltd',
    account: { kind: 'paynow', uen: '201509555BNN1' },
  }).channels;

  expect(paynow!.refundFile).toBeUndefined();
  expect(paynow!.capabilities).not.toContain('refund_file');
});
