import { setTimeout as sleep } from 'node:timers/promises';
import { secretsFrom } from '@itpay/kernel';
import pg from 'pg';
import { expect, it, vi } from 'vitest';
import { whenFileEnds } from '../support/cleanup.js';
import { postgresNeed } from '../support/database.js';
import { describeNeeding } from '../support/needs.js';
import { house } from './house.js';

const [OLD, NEW, LOST] = ['old', 'new', 'lost'].map((name) => `the-${name}-key-of-at-least-thirty-two-characters`) as [
  string,
  string,
  string,
];
const LAGGING = expect.stringMatching(/^A process used/);
const idOf = (key: string) => secretsFrom([key]).keys('')[0]!.id;

describeNeeding(postgresNeed(), 'The secret key', () => {
  it('is replaced in three processes, one after the other, while payments and webhooks go on', async () => {
    const h = await house(OLD);
    const client = new pg.Client({ connectionString: h.database });
    await client.connect();
    whenFileEnds(() => client.end());
    const asked = async () => JSON.parse((await h.run('secrets', '--json')).out) as any;
    const rowsOf = ({ keys }: any) => Object.fromEntries(keys.map(({ id, rows }: any) => [id, rows]));
    /** A process has taken up a list when it says so. */
    const give = async (name: number, keys: string[]) => {
      const lines = h.processes[name]!.child.stdout;
      const before = lines.length;
      await h.give(name, keys);
      const first = `"keys":["${idOf(keys[0]!)}"`;
      await vi.waitFor(() => expect(lines.slice(before).some((line) => line.includes(first))).toBe(true), 10_000);
    };

    const { body: endpoint } = await h.register(0, 'shop');
    const failures: string[] = [];
    const paid: string[] = [];
    const shop = { isOpen: true };
    const trade = async () => {
      for (let at = 0; shop.isOpen; at += 1) {
        const bought = await h.buy(at).catch((error: Error) => ({ id: '', failures: [String(error.cause ?? error)] }));
        failures.push(...bought.failures);
        paid.push(bought.id);
        await sleep(100); // the machine has other things to do
      }
    };
    const trading = trade();

    // 1: the new key is known everywhere before anybody uses it.
    await Promise.all([0, 1].map((name) => give(name, [OLD, NEW])));
    await h.give('command', [OLD, NEW]);
    expect(await asked()).toMatchObject({ step: 1, unlisted: 0 });
    await give(2, [OLD, NEW]);

    // 2: it comes first. For a while some seal with the one and some with the other.
    await give(0, [NEW, OLD]);
    await h.give('command', [NEW, OLD]);
    await vi.waitFor(async () => expect(await asked()).toMatchObject({ step: 2, todo: LAGGING }), 10_000);
    const between = await Promise.all([0, 2].map((at) => h.register(at, `made-by-${at}`)));
    await Promise.all([1, 2].map((name) => give(name, [NEW, OLD])));
    await vi.waitFor(async () => expect(rowsOf(await asked())).toMatchObject({ [idOf(OLD)]: 0 }), 20_000);
    // A stored answer that showed a secret is the same, whoever gives it.
    expect(await h.register(1, 'shop')).toEqual({ status: 201, body: endpoint });

    // 3: nothing is left that the old one sealed or signed. (Time goes by.)
    await client.query(`update itpay.secret_keys set last_first_at = now() - interval '9 days' where id = $1`, [
      idOf(OLD),
    ]);
    expect(await asked()).toMatchObject({ step: 3, removable: [{ id: idOf(OLD) }], unlisted: 0 });
    const signedByOld = paid.length;
    await Promise.all([0, 1, 2].map((name) => give(name, [NEW])));
    await vi.waitFor(() => expect(paid.length).toBeGreaterThan(signedByOld + 3), 10_000);
    shop.isOpen = false;
    await trading;

    expect(failures).toEqual([]);
    expect(paid.length).toBeGreaterThan(10);
    const succeeded = () =>
      h.delivered('shop', endpoint.secret).filter(({ type }) => type === 'payment_intent.succeeded');
    await vi.waitFor(() => expect(new Set(succeeded().map(({ object }) => object))).toEqual(new Set(paid)), 15_000);
    for (const { status, body } of between) {
      expect(status).toBe(201);
      const name = new URL(body.url).pathname.slice(1);
      const got = h.delivered(name, body.secret);
      expect(got.length, name).toBeGreaterThan(0);
      expect(got.filter(({ genuine }) => !genuine)).toEqual([]);
    }
    expect(h.delivered('shop', endpoint.secret).filter(({ genuine }) => !genuine)).toEqual([]);
    const { rows } = await client.query(
      `select count(*)::int as n from itpay.webhook_attempts where status is distinct from 204`,
    );
    expect(rows[0].n).toBe(0);
    const log = h.processes.flatMap(({ child }) => child.stdout).join('\n');
    expect(log.match(/"level":(?:50|60)[^\n]*/g)).toBeNull();
    for (const key of [OLD, NEW]) expect(log).not.toContain(key);

    // Whoever has lost the key is told: nobody could start with this one.
    await h.give('command', [LOST]);
    const doctor = await h.run('doctor');
    expect(doctor.out).toMatch(/✗ +sealed +\d+ things in .*webhook_endpoints\.secrets.* not listed, and nothing opens/);
    expect(doctor.code).toBe(1);
    expect((await h.run('secrets')).out).toMatch(/sealed by a key that is not listed/);
  });
});
