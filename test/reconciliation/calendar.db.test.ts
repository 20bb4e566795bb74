import { createItPay } from 'itpay';
import { FAKE_CAPABILITIES, fakeChannel } from '@itpay/testkit/fake-rail';
import { describe, expect, it } from 'vitest';
import { whenFileEnds } from '../support/cleanup.js';
import { backend } from '../support/database.js';
import { freshStore } from '../support/pay.js';
import { DAY, NEXT_DAY, reconciliationRig } from './rig.js';

describe('The calendar', () => {
  it('reconciles each day once its file is there, and nothing that was before', async () => {
    const t = await reconciliationRig();
    await t.settle();
    await t.pay();
    await t.advance('29h');
    await t.settle();
    expect(await t.runs()).toEqual([]);

    await t.advance('1h');
    await t.settle();
    await t.settle();

    expect(await t.runs()).toMatchObject([
      { trigger: 'daily', status: 'completed', from: DAY, to: DAY, counts: { matched: 1 } },
    ]);
  });

  it('catches up the last seven days of an absence, and then reconciles the month', async () => {
    const t = await reconciliationRig();
    await t.settle();
    await t.rail.setStatement(NEXT_DAY, []);
    await t.pay();

    await t.advance('744h'); // it is 1 February at midnight
    await t.advance('7h');
    await t.settle();

    const runs = (await t.runs()).toReversed();
    expect(runs.map(({ trigger, from, to }) => [trigger, from, to])).toEqual([
      ...['25', '26', '27', '28', '29', '30', '31'].map((day) => ['daily', `2025-01-${day}`, `2025-01-${day}`]),
      ['monthly', '2025-01-01', '2025-01-31'],
    ]);
    expect(runs.map(({ status }) => status)).toEqual(runs.map(() => 'completed'));
    expect(runs.at(-1)).toMatchObject({ counts: { matched: 1, waiting: 0, open: 0 } });
    expect(runs.at(-1).days.map(({ file }: { file: string }) => file)).toEqual(Array(31).fill('read'));
  });

  it('gives each account a run of its own, and shows none of it to another one', async () => {
    const t = await reconciliationRig();
    await t.settle();
    const other = await t.accounts.create('Second Shop');
    const { token: key } = await t.keys.create({
      account: other.id,
      livemode: false,
      label: 'second',
      preset: 'merchant_full',
    });
    const { body: intent } = await t.request('POST', '/v1/payment-intents', {
      key,
      body: { amount: { currency: 'THB', value: 700 }, channel: 'fake' },
    });
    await t.rail.pay(intent.channel_reference);
    await t.deliver();
    await t.rewrite((rows) => rows.map((row) => (row.kind === 'payment' ? { ...row, amount: '701' } : row)));

    await t.advance('31h');
    await t.settle();

    const [own] = await t.runs();
    expect(own.counts).toMatchObject({ matched: 0, open: 0, waiting: 0 });
    const { data: theirs } = (await t.request('GET', '/v1/reconciliations', { key })).body;
    expect(theirs).toMatchObject([{ from: DAY, status: 'completed', counts: { open: 1 } }]);
    const path = `/v1/reconciliations/${theirs[0].id}/exceptions`;
    expect((await t.request('GET', path, { key })).body.data).toMatchObject([{ class: 'amount_mismatch' }]);
    expect((await t.request('GET', path)).status).toBe(404);
  });

  if (backend() === 'postgres') {
    it('starts one run, however many processes look', async () => {
      const store = await freshStore();
      const t = await reconciliationRig(store);
      const { url, secret } = t.rail;
      const others = [];
      for (let n = 0; n < 2; n += 1) {
        const pay = await createItPay({
          ...store,
          publicUrl: 'https://shop.example/itpay',
          account: 'Test Shop',
          mode: 'test',
          clock: t.clock,
          logger: t.logger,
          work: false,
          plugins: [fakeChannel({ url, secret, mode: 'test', capabilities: [...FAKE_CAPABILITIES, 'statement'] })],
        });
        whenFileEnds(() => pay.stop());
        others.push(pay);
      }
      await t.settle();
      await t.pay();
      await t.advance('31h');

      await Promise.all([t.settle(), ...others.map((pay) => pay.settle())]);
      await t.settle();

      expect(await t.runs()).toMatchObject([{ trigger: 'daily', status: 'completed', counts: { matched: 1 } }]);
    });
  }
});

it('A run that dies between any two steps ends as it would have ended, with one alarm of each', async () => {
  const t = await reconciliationRig();
  await t.pay();
  const { payment } = await t.pay();
  await t.rewrite((rows) =>
    rows.map((row) =>
      row.kind === 'payment' && row.transaction_id === payment.transactionId ? { ...row, amount: '1' } : row,
    ),
  );
  await t.advance('31h');
  const expected = await t.runOver();
  expect(expected.counts).toMatchObject({ matched: 1, open: 1 });
  await t.knex.raw('delete from itpay.reconciliation_exceptions');
  const before = (await t.events('reconciliation.discrepancy')).length;
  // Each writing of the run fails once, after all that the step has done.
  await t.knex.raw(`
    create sequence itpay.tries;
    create function itpay.die_once() returns trigger language plpgsql as $$
    begin
      if nextval('itpay.tries') % 2 = 1 then raise exception 'the process died'; end if;
      return new;
    end $$;
    create trigger die before update on itpay.reconciliations for each row execute function itpay.die_once();
  `);

  let run = await t.runOver();
  for (let n = 0; n < 60 && run.status !== 'completed'; n += 1) {
    await t.advance('2h');
    await t.settle();
    run = (await t.runs()).find(({ id }) => id === run.id);
  }

  const { rows } = await t.knex.raw('select last_value from itpay.tries');
  expect(Number(rows[0].last_value)).toBeGreaterThan(8);
  expect(run).toMatchObject({ status: 'completed', counts: expected.counts });
  expect(await t.exceptions(run.id)).toMatchObject([{ class: 'amount_mismatch', status: 'open' }]);
  expect(await t.events('reconciliation.discrepancy')).toHaveLength(before + 1);
  expect((await t.events('reconciliation.completed')).filter(({ id }) => id === run.id)).toHaveLength(1);
});
