import { inspect } from 'node:util';
import type { Behaviour } from '@itpay/simulator';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { startSdk } from '../operations/telemetry-sdk.js';
import { tablesWith } from '../scenarios/tables.js';
import { houseWith, STARTS_WITHIN_MS, type House, type RailOfHouse } from './house.js';
import { RAILS, type RailName } from './rails.js';

// What a merchant keeps secret, what proves our requests, and who the payers are: through everything that goes well and
// wrong at real adapters, none of it comes out. (Guarantee G10)
const sdk = startSdk();

const NAMES = [
  'wechat with certificates',
  'alipay with certificates',
  'promptpay at SCB',
  'qris over DOKU',
] as const satisfies readonly RailName[];

/** Of what a merchant has, the parts that nobody else may know. All else is printed in requests or on receipts. */
const SECRET = new Set([
  'apiV3Key',
  'merchantPrivateKey',
  'appPrivateKey',
  'apiKey',
  'apiSecret',
  'clientSecret',
  'privateKey',
]);

const BEHAVIOURS = [
  ...(['decline', 'reset_after', '500_after', 'garbage', 'bad_signature', 'wrong_reference'] as const),
] satisfies Behaviour[];

/** Whatever may stand in the place of a field that is signed; long enough not to be found by chance. */
const canary = (name: string) => `canary-${name}-7d31c0`;
const PAYER = {
  openid: canary('openid'),
  buyerId: '2088777766665555',
  login: canary('login'),
  name: canary('payer-name'),
  account: canary('payer-account'),
  phone: canary('customer-phone'),
};

/** Fields of notifications in which a rail names the payer. */
const NAMING_THE_PAYER: Readonly<Record<string, Record<string, unknown>>> = {
  wechat: { payer: { openid: PAYER.openid }, bank_type: PAYER.account },
  alipay: { buyer_id: PAYER.buyerId, buyer_logon_id: PAYER.login },
  promptpay: { payerName: PAYER.name, payerAccountNumber: PAYER.account },
  qris: { customerNumber: PAYER.phone },
};

describe('nothing that is secret comes out', () => {
  let house: House;
  const told: unknown[] = [];
  const answers: string[] = [];
  /** What went to the rails as proof of who we are, and what they gave us to prove it. */
  const proofs = new Map<string, string>();
  beforeAll(async () => {
    const send = globalThis.fetch;
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (url, init) => {
      keepProofs(proofs, init);
      return send(url, init);
    });
    house = await houseWith(NAMES);
    house.pay.on('*', (event) => void told.push(event));
    await house.settle();
  }, STARTS_WITHIN_MS);

  it.each(NAMES)('through successes and failures of %s', async (name) => {
    const rail = house.rail(name);
    const { facts, control } = rail;
    const note = (answer: { readonly status: number; readonly text: string }) =>
      answers.push(`${answer.status} ${answer.text}`);

    const misbehave = async (behaviour: Behaviour) => {
      for (const operation of new Set(Object.values(facts.calls))) await control.script({ operation, behaviour });
    };
    for (const behaviour of BEHAVIOURS) {
      const [paid, unpaid] = [await paidOnce(house, rail, note), await rail.opened()];
      await misbehave(behaviour);
      note(await rail.create());
      note(await rail.create({ capture_method: 'manual' }));
      await misbehave(behaviour);
      note(await rail.refund(paid.id, 10_000));
      note(await rail.cancel(unpaid.id));
      await control.clearScript();
      await house.later('5m');
    }

    expect(answers.length).toBeGreaterThan(6 * BEHAVIOURS.length);
  });

  it.each(NAMES)('in what is said of a configuration that is wrong: %s', (name) => {
    const { credentials, configure } = house.rail(name);
    let refused = 0;
    for (const field of Object.keys(credentials)) {
      const wrong = `${canary(field)} is of no use here`;
      try {
        configure({ ...credentials, [field]: wrong });
      } catch (error) {
        refused += 1;
        expect(inspect(error, { depth: 20 })).not.toContain(canary(field));
        expect(inspect(error, { depth: 20 })).toContain(field);
      }
    }
    expect(refused).toBeGreaterThan(2);
  });

  it('not into the log, events, answers, traces and tables', async () => {
    const secrets = new Map<string, string>([...proofs, ...Object.entries(PAYER)]);
    for (const name of NAMES) {
      for (const [field, value] of Object.entries(house.rail(name).credentials)) {
        if (SECRET.has(field)) for (const part of partsOf(String(value))) secrets.set(`${field} of ${name}`, part);
      }
    }
    const outputs: Readonly<Record<string, string>> = {
      log: inspect(house.logger.lines, { depth: 30, maxStringLength: null, maxArrayLength: null }),
      events: JSON.stringify(told),
      answers: answers.join('\n'),
      telemetry: await sdk.everything(),
    };

    const leaks: string[] = [];
    for (const [name, secret] of secrets) {
      for (const [where, text] of Object.entries(outputs)) if (text.includes(secret)) leaks.push(`${name} in ${where}`);
      for (const table of await tablesWith(house.pay.knex, secret)) leaks.push(`${name} in the table ${table}`);
    }

    expect(leaks).toEqual([]);
    // The machinery itself: there was something to leak, and somewhere to leak it.
    expect([...secrets].filter(([, { length }]) => length < 16)).toEqual([]);
    for (const name of NAMES) expect([...secrets.keys()]).toContainEqual(expect.stringContaining(name));
    expect([...proofs.keys()]).toEqual(expect.arrayContaining(['authorization', 'x-signature', 'sign']));
    for (const text of Object.values(outputs)) expect(text.length).toBeGreaterThan(10_000);
    for (const { channel } of NAMES.map((name) => RAILS[name].facts)) expect(outputs['telemetry']).toContain(channel);
    expect(outputs['log']).toContain('A channel call did not succeed.');
    expect(outputs['log']).toContain('A callback is not proven to come from the channel and was refused.');
    const found = await tablesWith(house.pay.knex, house.pay.account.id);
    expect(found).toContain('payment_intents');
  });
});

type Note = (answer: { readonly status: number; readonly text: string }) => void;

/** A payment of which the rail tells with the name of the payer, after others have told lies of it. */
async function paidOnce(house: House, rail: RailOfHouse, note: Note): Promise<{ readonly id: string }> {
  const { control, facts } = rail;
  const { id, reference } = await rail.opened();
  await control.act({ action: 'pay', reference });
  const callback = (await rail.about(reference)).at(-1)!;
  const tell = async ({ headers, body }: Pick<typeof callback, 'headers' | 'body'>) => {
    const answer = await house.pay.fetch(new Request(callback.url, { method: 'POST', headers, body }));
    note({ status: answer.status, text: await answer.text() });
    return answer.status;
  };
  const fields = NAMING_THE_PAYER[facts.channel]!;
  const forged = facts.unsigned
    ? await control.rewriteCallback(callback, { fields: { ...fields, amount: '1.00' } })
    : await control.rewriteCallback(callback, { fields, byStranger: true });
  await tell(forged);
  await tell({ headers: callback.headers, body: `{"payer": "${PAYER.name}", ` });
  if ((await tell(await control.rewriteCallback(callback, { fields }))) >= 300) throw new Error('was not believed');
  await control.deliverCallbacks({ reference });
  return { id };
}

/** The latest of each: a signature or a token in a header, and the signature of a form. */
function keepProofs(proofs: Map<string, string>, init: RequestInit | undefined): void {
  for (const [name, value] of new Headers(init?.headers)) {
    if (/^authorization$|signature$|^x-client-key$/.test(name)) proofs.set(name, value.replace(/^Bearer /, ''));
    const [, signature] = /signature="([^"]+)"/.exec(value) ?? [];
    if (signature !== undefined) proofs.set('signature in authorization', signature);
  }
  const body = typeof init?.body === 'string' ? init.body : '';
  const sign = body.startsWith('{') ? null : new URLSearchParams(body).get('sign');
  if (sign) proofs.set('sign', sign);
}

/** Of a key in PEM, a line in its middle: it may come out with other line breaks. */
function partsOf(value: string): readonly string[] {
  if (!value.startsWith('-----BEGIN')) return [value];
  const lines = value.trim().split('\n').slice(1, -1);
  return [lines[Math.floor(lines.length / 2)]!];
}
