import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '@itpay/testkit';
import { expect, it } from 'vitest';
import { postgresNeed } from '../support/database.js';
import { describeNeeding } from '../support/needs.js';
import { wants, wrongAt, wrongInTheLog } from './webhooks-accounts.js';
import { SenderProcess } from './webhooks-senders.js';
import { NAMES, openShop, type Name, type Shop } from './webhooks-shop.js';

// G2: every committed change has one event, and each event reaches every endpoint that is enabled for it, or ends visibly
// as `failed_delivery`, from where a replay brings it there. Senders are killed in the middle of their work; then what the
// receivers got is compared with what the tables say.

const SENDERS = 3;
const KILLS = 10;
const ARRIVALS_BETWEEN_KILLS = 30;
const SEED = process.env['ITPAY_FAULTS_SEED'] ?? String(randomInt(1_000_000));

describeNeeding(postgresNeed(), 'Senders that are killed again and again', () => {
  it(`account for every event, seed ${SEED}`, async () => {
    const shop = await openShop();
    const { receivers, endpoints } = shop;
    receivers.failing.behave(500);
    receivers.hanging.behave('hang');
    receivers.closing.behave('close');
    receivers.leaving.behave((before) => (before < 100 ? 204 : 410));
    const replay = (name: Name, body: object) =>
      shop.request('POST', `/v1/webhook-endpoints/${endpoints[name].id}/replay`, {
        from: endpoints[name].created_at,
        to: new Date(shop.nowMs()),
        ...body,
      });

    await chaos(shop);
    receivers.failing.behave(204);
    receivers.hanging.behave(204);
    await shop.untilNothingIsDue();

    const before = await shop.books();
    expect(wrongInTheLog(before)).toEqual([]);
    expect(NAMES.flatMap((name) => wrongAt(name, shop, before))).toEqual([]);
    const statesAt = (name: Name) => {
      const own = before.deliveries.filter(({ endpoint_id }) => endpoint_id === endpoints[name].id);
      return [...new Set(own.map(({ state }) => state as string))].toSorted();
    };
    expect(Object.fromEntries(NAMES.map((name) => [name, statesAt(name)]))).toEqual({
      healthy: ['delivered'],
      failing: ['delivered'],
      hanging: ['delivered'],
      closing: ['failed_delivery'],
      leaving: ['delivered', 'failed_delivery'],
    });

    receivers.closing.behave(204);
    receivers.leaving.behave(204);
    await shop.request('POST', `/v1/webhook-endpoints/${endpoints.leaving.id}/reactivate`, {});
    await replay('closing', { only_failed: true });
    await replay('leaving', {});
    await shop.untilNothingIsDue();

    const after = await shop.books();
    expect(wrongInTheLog(after)).toEqual([]);
    expect(NAMES.flatMap((name) => wrongAt(name, shop, after))).toEqual([]);
    for (const name of NAMES) {
      const heard = new Set(
        receivers[name].arrivals.filter(({ manner }) => manner === 204).map(({ headers }) => headers['webhook-id']),
      );
      const missed = after.events.filter((event) => wants(name, shop, event) && !heard.has(event.id));
      expect([name, missed]).toEqual([name, []]);
    }
    await shop.everybody('stop');
    // A kill may leave nothing behind that somebody has to look at, but the farewell of the endpoint that said 410.
    expect(shop.problems()).toEqual([expect.stringMatching(/^A webhook endpoint was disabled.* gone$/)]);

    console.log(
      [
        `${after.events.length} events, ${after.deliveries.length} deliveries, ${after.attempts.length} attempts in the log`,
        ...NAMES.map((name) => {
          const { arrivals } = receivers[name];
          const twice = arrivals.filter(({ manner }) => manner === 204).length;
          const ids = new Set(arrivals.map(({ headers }) => headers['webhook-id']));
          return `${name.padEnd(8)} ${arrivals.length} requests, ${twice} taken, ${ids.size} events`;
        }),
      ].join('\n'),
    );
  });
});

/** Three processes trade and send. One after the other dies in the middle of it, and another one takes its place. */
async function chaos(shop: Shop): Promise<void> {
  const random = seededRandom(SEED);
  const below = (n: number) => Buffer.from(random.bytes(4)).readUInt32BE() % n;
  const living = await Promise.all(Array.from({ length: SENDERS }, () => shop.join()));
  for (let kills = 0; kills < KILLS; kills += 1) {
    const next = new SenderProcess(); // starts while the others work
    await shop.arrivals(1 + below(ARRIVALS_BETWEEN_KILLS));
    await sleep(below(10));
    const victim = below(SENDERS);
    await living[victim]!.kill();
    living[victim] = await shop.join(next);
  }
  await shop.everybody('rest');
}
