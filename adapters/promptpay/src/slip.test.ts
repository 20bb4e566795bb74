import { crc16 } from '@itpay/core';
import { describe, expect, it } from 'vitest';
import { parseSlip } from './slip.js';

const sealed = (body: string) => body + crc16(body);
const scb = '004100060000010103014022000111222233344ABCD125102TH9104';

describe('the small code on a transfer slip', () => {
  it('names the transfer', () => {
    expect(parseSlip(`${scb}17DF`)).toEqual({
      ok: true,
      slip: {
        sendingBank: '014',
        transactionReference: '00111222233344ABCD12',
        repaired: false,
        payload: `${scb}17DF`,
      },
    });
  });

  it('is read with a checksum in small letters, and written with capitals', () => {
    expect(parseSlip(`${scb}17df`)).toMatchObject({ slip: { repaired: false, payload: `${scb}17DF` } });
  });

  it('gets back the zero that some banks leave out in front of the checksum, and says so', () => {
    const printed = '004000060000010103002021900021231231210000005102TH9104765';

    expect(parseSlip(printed)).toMatchObject({
      ok: true,
      slip: { repaired: true, payload: printed.replace(/765$/, '0765') },
    });
  });

  it('never has its checksum repaired otherwise', () => {
    expect(parseSlip(`${scb}7DF`)).toEqual({ ok: false, reason: 'The checksum is wrong.' });
    expect(parseSlip(`${scb}17D`)).toEqual({ ok: false, reason: 'The checksum is wrong.' });
  });

  it.each([
    ['no text', '', 'does not end with a checksum'],
    ['a code that is paid', '00020101021129370016A0000006770101110113006681234567853037645802TH6304AAAA', 'checksum'],
    ['another number', `${scb.replace('ABCD', 'ABCE')}17DF`, 'The checksum is wrong.'],
    ['another service', sealed('004100060000020103014022000111222233344ABCD125102TH9104'), 'none of a transfer slip'],
    ['another country', sealed('004100060000010103014022000111222233344ABCD125102LA9104'), 'not from Thailand'],
    ['letters for a bank', sealed('004100060000010103SCB022000111222233344ABCD125102TH9104'), 'three digits'],
    ['no number', sealed('0017000600000101030145102TH9104'), 'number of the transfer is missing'],
    ['a cut template', sealed('009900060000015102TH9104'), 'are left'],
    ['a path in the number', sealed('0033000600000101030140212../../../tok5102TH9104'), 'number of the transfer'],
    ['endless text', '0'.repeat(10_000), 'over 128 characters'],
  ])('is refused with %s', (_, text, reason) => {
    expect(parseSlip(text)).toEqual({ ok: false, reason: expect.stringContaining(reason) });
  });
});
