import type { CallbackChange, PendingCallback } from '@itpay/simulator';
import { beforeAll, describe, expect, it } from 'vitest';
import { houseWith, STARTS_WITHIN_MS, type House, type RailOfHouse } from './house.js';
import { RAILS, type Notice, type RailFacts, type RailName } from './rails.js';

// Protocol, 10.4, at real adapters in a mounted gateway: a notification counts once, and only when the rail has said every
// word of it. The changes are made from the genuine one, so that a field that is new is changed as well. (G12)

/** The other way of a rail says the same, and proves it differently: there, payments are enough. */
const HOUSES: readonly { readonly names: readonly RailName[]; readonly notices: readonly Notice[] }[] = [
  {
    names: ['wechat with a public key', 'alipay with keys', 'promptpay at SCB', 'qris over DOKU'],
    notices: ['payment', 'hold', 'refund'],
  },
  { names: ['wechat with certificates', 'alipay with certificates', 'qris over DANA'], notices: ['payment'] },
];

/** A notification that waits at the rail, and what it is about. */
interface Told {
  readonly id: string;
  /** Under which the rail keeps its notifications. */
  readonly reference: string;
  /** What is so once it is believed. */
  readonly done: (house: House) => Promise<void>;
}

const WAYS: Readonly<Record<Notice, (rail: RailOfHouse) => Promise<Told>>> = {
  async payment(rail) {
    const { id, reference } = await rail.opened();
    await rail.control.act({ action: 'pay', reference });
    return {
      id,
      reference,
      async done(house) {
        expect((await house.intent(id)).status).toBe('succeeded');
        expect(await house.inflows(id)).toMatchObject([{ kind: 'exact', evidence: { source: 'callback' } }]);
      },
    };
  },
  async hold(rail) {
    const { id, reference } = await rail.opened({ capture_method: 'manual' });
    await rail.control.act({ action: 'pay', reference });
    return { id, reference, done: async (house) => expect((await house.intent(id)).status).toBe('authorized') };
  },
  async refund(rail) {
    const { id } = await rail.paid();
    await rail.control.script({ operation: rail.facts.calls.refund!, behaviour: 'pending' });
    const { body: refund } = await rail.refund(id, 10_000);
    const reference = refund.channel_refund_reference as string;
    await rail.control.act({ action: 'settle_refund', reference });
    return {
      id,
      reference,
      done: async (house) => expect((await house.refundOf(refund.id)).status).toBe('succeeded'),
    };
  },
};

describe.each(HOUSES)('notifications of $names', ({ names, notices }) => {
  let house: House;
  beforeAll(async () => {
    house = await houseWith(names);
  }, STARTS_WITHIN_MS);

  const told = names.flatMap((name) =>
    RAILS[name].facts.notices.filter((notice) => notices.includes(notice)).map((notice) => [name, notice] as const),
  );
  describe.each(told)('%s, of a %s', (name, notice) => {
    const facts: RailFacts = RAILS[name].facts;
    let rail: RailOfHouse;
    let subject: Told;
    beforeAll(async () => {
      rail = house.rail(name);
      subject = await WAYS[notice](rail);
    });

    /** As the rail would send it now. */
    const genuine = async ({ reference } = subject): Promise<PendingCallback> => (await rail.about(reference)).at(-1)!;
    const fields = (callback: PendingCallback) => facts.fieldsOf(callback, rail.credentials);
    const send = async ({ url }: PendingCallback, { headers, body }: Pick<PendingCallback, 'headers' | 'body'>) => {
      // Of what proves nothing, only so many are looked into in a while.
      house.clock.advance('2s');
      const answer = await fetch(url, { method: 'POST', headers, body });
      const text = await answer.text();
      return { ok: !facts.isNo(answer.status, text), said: `${answer.status} ${text}` };
    };
    const resigned = async (callback: PendingCallback, change: CallbackChange) =>
      send(callback, await rail.control.rewriteCallback(callback, change));
    /** What of it counts. */
    const bare = (all: object) => without(all, facts.beside[notice] ?? []);
    /** Rejected ones leave a row that says so; nothing of payments. */
    const money = async () => {
      const { notifications: _rejected, ...held } = await house.tables();
      return held;
    };

    // Where nothing is signed, whoever changes it says what the rail could have said: see below.
    if (!facts.unsigned) {
      it('changes nothing when somebody changes it on its way', async () => {
        const before = await money();

        const accepted: string[] = [];
        const callback = await genuine();
        for (const [what, change] of changesOnTheWay(callback, facts)) {
          if ((await send(callback, change(callback))).ok) accepted.push(what);
        }

        expect(accepted).toEqual([]);
        expect(await money()).toEqual(before);
      });
    }

    it('changes nothing when a field is missing or empty', async () => {
      const before = await money();
      const callback = await genuine();
      const all = fields(callback);
      const needed = Object.keys(leavesOf(bare(all)));

      const accepted: string[] = [];
      for (const path of needed) {
        for (const value of facts.form ? [undefined, ''] : [undefined, '', null, {}]) {
          const less = bare({ ...all, ...withAt(all, path, value) });
          const answer = await resigned(callback, { fields: changesBetween(all, less) });
          if (answer.ok) accepted.push(`${path}: ${JSON.stringify(value)}`);
        }
      }

      expect(needed.length).toBeGreaterThan(4);
      expect(accepted).toEqual([]);
      expect(await money()).toEqual(before);
    });

    const wrongs: [string, CallbackChange | (() => CallbackChange)][] = Object.entries(facts.wrong[notice]!).map(
      ([what, changed]) => [what, { fields: changed }],
    );
    if (!facts.unsigned) {
      wrongs.push(
        ['signed by somebody else', { byStranger: true }],
        ['an hour old', () => ({ signedAt: new Date(house.clock.now().getTime() - 3_600_000) })],
        ['an hour ahead', () => ({ signedAt: new Date(house.clock.now().getTime() + 3_600_000) })],
      );
    }
    wrongs.push(['something else', { content: '<html>' }], ['nothing', { content: '' }]);
    it.each(wrongs)('changes nothing when it is %s', async (_what, change) => {
      const callback = await genuine();
      const changes = typeof change === 'function' ? change() : change;
      const named = Object.keys(changes.fields ?? {});
      const before = await money();

      const answer = await resigned(callback, changes);

      // A rail that does not say a thing cannot say it wrongly.
      const said = fields(callback);
      expect(named.filter((field) => said[field] === undefined && field !== 'merchantId')).toEqual([]);
      expect(answer).toMatchObject({ ok: false });
      expect(await money()).toEqual(before);
    });

    it('is believed without what says nothing', async () => {
      const second = await WAYS[notice](rail);
      const callback = await genuine(second);
      const all = fields(callback);

      const answer = await resigned(callback, { fields: changesBetween(all, bare(all)) });

      expect(answer).toMatchObject({ ok: true });
      await second.done(house);
      await rail.control.deliverCallbacks({ reference: second.reference });
    });

    it('counts once, and is acknowledged whenever it comes', async () => {
      const callback = await genuine();

      const first = await send(callback, callback);
      await subject.done(house);
      const before = await house.tables();
      const again = [await send(callback, callback), await send(callback, await genuine())];
      const late = await rail.control.deliverCallbacks({ reference: subject.reference, copies: 3 });

      expect(first).toMatchObject({ ok: true });
      expect(again).toMatchObject([first, first]);
      expect(late.map(({ status }) => status)).not.toContain(null);
      expect(await house.tables()).toEqual(before);
      expect(await rail.about(subject.reference)).toEqual([]);
    });
  });
});

type Change = (callback: PendingCallback) => Pick<PendingCallback, 'headers' | 'body'>;

/** Everything that a stranger could change about it, each by itself. He has no key to sign it anew. */
function* changesOnTheWay(
  genuine: PendingCallback,
  { form, headersBeside, signsCompact }: RailFacts,
): Generator<[what: string, change: Change]> {
  const isSigned = (name: string) => !/^(content-type|accept)$/.test(name) && !headersBeside.includes(name);
  for (const name of Object.keys(genuine.headers).filter(isSigned)) {
    yield [`without the header ${name}`, ({ headers: { [name]: _value, ...rest }, body }) => ({ headers: rest, body })];
    yield [
      `with another ${name}`,
      ({ headers, body }) => ({ headers: { ...headers, [name]: another(headers[name]!) as string }, body }),
    ];
  }
  const read = (body: string) => (form ? Object.fromEntries(new URLSearchParams(body)) : JSON.parse(body));
  const write = (all: object) =>
    form ? new URLSearchParams(all as Record<string, string>).toString() : JSON.stringify(all);
  for (const [path, value] of Object.entries(leavesOf(read(genuine.body)))) {
    const changed =
      (to: (value: unknown) => unknown): Change =>
      ({ headers, body }) => {
        const all = read(body);
        return { headers, body: write({ ...all, ...withAt(all, path, to(leavesOf(all)[path])) }) };
      };
    // An empty field is not part of what is signed, and so it is as good as one that is missing.
    if (value !== '') yield [`without ${path}`, changed(() => undefined)];
    yield [`with another ${path}`, changed(another)];
  }
  if (!form && !signsCompact) yield ['with a space behind it', ({ headers, body }) => ({ headers, body: `${body} ` })];
  yield ['with a field more', ({ headers, body }) => ({ headers, body: write({ ...read(body), more: '1' }) })];
  yield ['cut off', ({ headers, body }) => ({ headers, body: body.slice(0, -60) })];
  yield ['twice in one', ({ headers, body }) => ({ headers, body: form ? `${body}&${body}` : body + body })];
}

/** The same kind of thing, and not the same. */
function another(value: unknown): unknown {
  if (typeof value === 'number') return value + 1;
  if (typeof value !== 'string') return value === null ? 1 : null;
  // In the middle: the last character of a base64 text may stand for nothing.
  const at = Math.floor(value.length / 2);
  return `${value.slice(0, at)}${value[at] === '5' ? '6' : '5'}${value.slice(at + 1)}`;
}

/** The values of an object by their paths, `a.b`, and objects themselves. */
function leavesOf(value: object, before = ''): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, item]: [string, unknown]) => [
      [before + name, item],
      ...(typeof item === 'object' && item !== null ? Object.entries(leavesOf(item, `${before}${name}.`)) : []),
    ]),
  );
}

/** The outermost field of a path with the value put in; undefined leaves it out. */
function withAt(all: Record<string, any>, path: string, value?: unknown): Record<string, unknown> {
  const [name = '', ...rest] = path.split('.');
  if (rest.length === 0) return { [name]: value };
  return { [name]: { ...all[name], ...withAt(all[name], rest.join('.'), value) } };
}

/** An object without the fields at these paths. */
function without(all: object, paths: readonly string[], before = ''): Record<string, unknown> {
  const kept = Object.entries(all).filter(([name]) => !paths.includes(before + name));
  const inner = (name: string, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? without(value, paths, `${before}${name}.`)
      : value;
  return Object.fromEntries(kept.map(([name, value]) => [name, inner(name, value)]));
}

/** The outermost fields of the first that are other ones in the second, or are not in it. */
function changesBetween(all: Record<string, unknown>, less: Record<string, unknown>): Record<string, unknown> {
  const changed = Object.keys(all).filter((name) => JSON.stringify(all[name]) !== JSON.stringify(less[name]));
  return Object.fromEntries(changed.map((name) => [name, less[name]]));
}
