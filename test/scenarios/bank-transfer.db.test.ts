import { bankTransfer, parseEpc, rfReferences, type BankTransferOptions } from '@itpay/channel-bank-transfer';
import { describe, expect, it } from 'vitest';
import { testPay } from '../support/pay.js';

const HOUR_MS = 3_600_000;
const PATH = '/v1/payment-intents';

const sepa = { beneficiary: 'Laden GmbH', account: { kind: 'sepa', iban: 'DE89370400440532013000' } } as const;
const sterling = {
  beneficiary: 'Shop Ltd',
  account: { kind: 'other', currency: 'GBP', country: 'GB', number: '31926819', bankCode: '60-16-13' },
} as const;
const others: readonly [currency: string, options: BankTransferOptions][] = [
  ['VND', { beneficiary: 'CONG TY ABC', account: { kind: 'vietqr', bank: '970416', number: '257678859' } }],
  ['SGD', { beneficiary: 'Shop Pte Ltd', account: { kind: 'paynow', uen: '201509555BNN1' } }],
  ['MYR', { beneficiary: 'KEDAI', account: { kind: 'duitnow', acquirer: '890087', number: '72339', city: 'KL' } }],
  ['GBP', sterling],
];

function payingBy(...options: BankTransferOptions[]) {
  return testPay({ plugins: options.map((one) => bankTransfer(one)) });
}

describe('a payment by bank transfer', () => {
  it('shows a code, and what to type instead of scanning it, to those who may pay', async () => {
    const t = await payingBy(sepa);

    const { body: intent } = await t.request('POST', PATH, { body: { amount: { currency: 'EUR', value: 12345 } } });

    const reference = rfReferences.write(intent.channel_reference);
    const instructions = [
      { field: 'beneficiary', value: 'TEST' },
      { field: 'iban', value: 'DE36000000000000000000' },
      { field: 'amount', value: '123.45' },
      { field: 'reference', value: reference },
    ];
    expect(intent.qr).toMatchObject({ qr_standard: 'epc', instructions });
    expect(parseEpc(intent.qr.qr_data)).toMatchObject({ ok: true, code: { reference } });
    const charge = await t.request('GET', `/v1/qr-charges/${intent.qr.charge_id}`);
    expect(charge.body).toMatchObject({ qr_standard: 'epc', instructions });
    expect((await t.request('GET', `${PATH}/${intent.id}`)).body.qr).not.toHaveProperty('instructions');
    const events = await t.pay.knex('itpay.events').select('data');
    expect(JSON.stringify(events)).not.toContain(reference);
  });

  it('waits for three days, and one day longer for money that is on its way', async () => {
    const t = await payingBy(sepa);
    const { body: intent } = await t.request('POST', PATH, { body: { amount: { currency: 'EUR', value: 100 } } });
    expect(Date.parse(intent.expires_at) - Date.parse(intent.created_at)).toBe(72 * HOUR_MS);

    t.clock.advance('95h');
    await t.pay.settle();
    expect((await t.request('GET', `${PATH}/${intent.id}`)).body.status).toBe('qr_generated');

    t.clock.advance('2h');
    await t.pay.settle();
    expect((await t.request('GET', `${PATH}/${intent.id}`)).body.status).toBe('expired');
  });

  it.each([['EUR', sepa] as const, ...others])(
    'is paid in %s by a payer who reads its code',
    async (currency, options) => {
      const t = await payingBy(options);
      const { body: intent } = await t.request('POST', PATH, { body: { amount: { currency, value: 12345 } } });

      const paid = await t.request('POST', `/v1/test-helpers/payment-intents/${intent.id}/simulate`, {
        body: { event: 'paid' },
      });

      expect(paid.body).toMatchObject({
        status: 'succeeded',
        amount_captured: { currency, value: 12345 },
        channel_transaction_id: expect.stringMatching(/^SIMBT/),
      });
    },
  );

  it('goes to the account of its currency when a shop has several', async () => {
    const t = await payingBy(sepa, { ...sterling, id: 'bank_transfer_gbp' });

    const { body: intent } = await t.request('POST', PATH, { body: { amount: { currency: 'GBP', value: 500 } } });
    const paid = await t.request('POST', `/v1/test-helpers/payment-intents/${intent.id}/simulate`, {
      body: { event: 'paid' },
    });

    expect(intent).toMatchObject({ channel: 'bank_transfer_gbp', qr: { qr_standard: 'text' } });
    expect(paid.body.status).toBe('succeeded');
  });

  it('shows its instructions on the pay page, without a code where no app reads one', async () => {
    const t = await payingBy(sepa, { ...sterling, id: 'bank_transfer_gbp' });
    const page = async (currency: string) => {
      const { body } = await t.request('POST', PATH, { body: { amount: { currency, value: 500 } } });
      const link = new URL(body.pay_url);
      const opened = await t.request('GET', link.pathname.replace(/^.*\/pay\//, '/pay/') + link.search, { key: null });
      const cookie = opened.headers.get('set-cookie')!.split(';')[0]!;
      return t.request('GET', `/pay/${body.id}`, { key: null, headers: { cookie } });
    };

    const [euros, pounds] = [await page('EUR'), await page('GBP')];

    expect(euros.text).toContain('DE36000000000000000000');
    expect(euros.text).toContain('<figure class="qr">');
    expect(pounds.text).toContain('00000000');
    expect(pounds.text).not.toContain('<figure class="qr">');
  });
});
