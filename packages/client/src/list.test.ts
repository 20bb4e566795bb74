import { expect, it } from 'vitest';
import { json, scripted } from '../test/scripted.js';

const page = (ids: string[], cursor: string | null) =>
  json(200, {
    object: 'list',
    data: ids.map((id) => ({ id })),
    has_more: cursor !== null,
    next_cursor: cursor,
    url: '/',
  });
const searchOf = ({ url }: { url: string }) => new URL(url).search;

async function idsOf(list: AsyncIterable<{ id: string }>, most = Infinity): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of list) {
    ids.push(id);
    if (ids.length === most) break;
  }
  return ids;
}

it('reads page after page, with the filters on each', async () => {
  const { client, sent } = scripted([page(['pi_3', 'pi_2'], 'pi_2'), page(['pi_1'], null)]);

  const ids = await idsOf(client.paymentIntents.list({ status: 'succeeded', limit: 2 }));

  expect(ids).toEqual(['pi_3', 'pi_2', 'pi_1']);
  expect(sent.map(searchOf)).toEqual(['?status=succeeded&limit=2', '?status=succeeded&limit=2&starting_after=pi_2']);
});

it('reads no page more than is used', async () => {
  const { client, sent } = scripted([page(['pi_3', 'pi_2'], 'pi_2')]);

  expect(await idsOf(client.paymentIntents.list(), 2)).toEqual(['pi_3', 'pi_2']);
  expect(sent).toHaveLength(1);
});

it('asks for nothing before it is used', () => {
  const { client, sent } = scripted([]);

  client.paymentIntents.list();

  expect(sent).toEqual([]);
});

it('gives a single page as it came', async () => {
  const { client, sent } = scripted([page(['pi_2'], 'pi_2')]);

  const first = await client.paymentIntents.list({ starting_after: 'pi_3' }).page();

  expect(first).toMatchObject({ data: [{ id: 'pi_2' }], has_more: true, next_cursor: 'pi_2' });
  expect(sent.map(searchOf)).toEqual(['?starting_after=pi_3']);
});

it('begins after the cursor of the caller, and goes on from there', async () => {
  const { client, sent } = scripted([page(['ref_8'], 'ref_8'), page(['ref_7'], null)]);

  expect(await idsOf(client.refunds.list({ starting_after: 'ref_9' }))).toEqual(['ref_8', 'ref_7']);
  expect(sent.map(searchOf)).toEqual(['?starting_after=ref_9', '?starting_after=ref_8']);
});

it('goes upwards from `ending_before`, oldest first', async () => {
  const { client, sent } = scripted([page(['ref_3', 'ref_2'], 'ref_3'), page(['ref_4'], null)]);

  expect(await idsOf(client.refunds.list({ ending_before: 'ref_1' }))).toEqual(['ref_2', 'ref_3', 'ref_4']);
  expect(sent.map(searchOf)).toEqual(['?ending_before=ref_1', '?ending_before=ref_3']);
});

it('follows the log of events to its end, and tells where that is', async () => {
  const log = (ids: string[], cursor: string, more: boolean) =>
    json(200, { object: 'list', data: ids.map((id) => ({ id })), has_more: more, next_cursor: cursor, url: '/' });
  const { client, sent } = scripted([log(['evt_1'], 'c1', true), log([], 'c2', false)]);

  const cursors: string[] = [];
  for await (const { next_cursor: cursor } of client.events.after('beginning', { limit: 1 })) cursors.push(cursor);

  expect(cursors).toEqual(['c1', 'c2']);
  expect(sent.map(searchOf)).toEqual(['?limit=1&after=beginning', '?limit=1&after=c1']);
});
