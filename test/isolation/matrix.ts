import { uuidV7Ids } from '@itpay/kernel';
import type { IdPrefix } from '@itpay/core';
import { contents } from '../scenarios/tables.js';
import { belongings, type Belongings } from './belongings.js';
import type { Answer, House, Sent, Tenant } from './house.js';
import {
  BODIES,
  FILES,
  IN_STATE,
  OBJECTS,
  openIntent,
  QUERIES,
  REFUSED_TO_OWNER,
  SHARED_PARAMETERS,
} from './objects.js';
import { sampleOf, type Described, type Slot } from './slots.js';

/** What is wrong, as sentences that name the request. All of them are empty in a house where nobody sees another one. */
export interface Findings {
  /** The owner does not get in either, so that it proves nothing that others do not. */
  readonly vacuous: string[];
  /** A foreign id is answered otherwise than one that never existed. */
  readonly betrayed: string[];
  /** An answer names what is not the caller's. */
  readonly shown: string[];
  readonly changed: string[];
  /** The idempotency key of one tenant met that of another. */
  readonly met: string[];
}

const ids = uuidV7Ids();

export const noFindings = (): Findings => ({ vacuous: [], betrayed: [], shown: [], changed: [], met: [] });

/** Tries one route with what belongs to `owner`, as everybody else and at last as the owner. */
export async function tryRoute(house: House, owner: Tenant, described: Described, findings: Findings): Promise<void> {
  const { route, title, slots } = described;
  const changes = route.method !== 'GET';
  const strangers = house.tenants.filter((tenant) => tenant !== owner);
  const idempotencyKey = `shared-${title}-${owner.name}`;

  const own = await objectsFor(house, owner, described);
  const theirs = new Map<Tenant, ReadonlyMap<Slot, string>>();
  for (const stranger of strangers) {
    if (changes || slots.length > 1) theirs.set(stranger, await objectsFor(house, stranger, described));
  }
  const places = await cursorsOf(house, owner, described);
  const filters = await filtersOf(house, owner, described, findings);
  const weak = await house.keyOf(
    owner.account,
    owner.livemode,
    house.scopes.filter((scope) => scope !== route.access),
  );
  const other = await openIntent(house, owner);
  const token = new URL(other.pay_url).searchParams.get('t')!;
  const cookie = `itpay_${token.split('.').join('=')}`;

  const before = await contents(house.pay.knex);
  const whose = await belongings(house.pay.knex);
  const call = (key: string | null, filled: Filled, more: Sent = {}) =>
    house.send(route.method, filled.path, {
      key,
      idempotencyKey,
      body: filled.body,
      ...more,
      query: { ...filled.query, ...more.query },
    });

  for (const stranger of strangers) {
    const mine = theirs.get(stranger) ?? new Map<Slot, string>();
    const watch = (answer: Answer, asked: string, what: string) =>
      namesNothingForeign(whose, answer, stranger, asked, `${title} as ${stranger.name}, ${what}`, findings);
    for (const slot of slots) {
      const foreign = filters.get(slot) ?? own.get(slot)!;
      const nobody = nobodyLike(foreign);
      const at = `{${slot.name}} in the ${slot.in}`;
      const asForeign = await call(stranger.key, fill(house, described, with_(mine, own, slot, foreign)));
      const asNobody = await call(stranger.key, fill(house, described, with_(mine, own, slot, nobody)));
      watch(asForeign, foreign, at);
      sameAsNobody(asForeign, asNobody, [foreign, nobody], `${title} as ${stranger.name}, ${at}`, findings);
      if (slot.in !== 'query' && !isNotFound(asForeign)) {
        findings.betrayed.push(`${title} as ${stranger.name}, ${at}: ${brief(asForeign)} in place of a 404`);
      }
    }
    if (!changes && slots.every((slot) => slot.in === 'query')) {
      watch(await call(stranger.key, fill(house, described, new Map(), { limit: '100' })), '', 'everything');
      for (const [name, place] of places) {
        const answer = await call(stranger.key, fill(house, described, new Map(), { [name]: place }));
        watch(answer, place, `${name} of the owner`);
      }
    }
  }

  // Who has no right to be here hears the same, whether the object exists or not.
  const [slot] = slots.filter((one) => one.in === 'path');
  const foreign = slot === undefined ? '' : own.get(slot)!;
  const nobody = slot === undefined ? '' : nobodyLike(foreign);
  const payerMay = route.displayToken === true;
  const sameOrigin = { 'sec-fetch-site': 'same-origin' };
  const visitors: [string, string | null, Sent, number][] = [
    ['nobody', null, {}, 401],
    ['a key without the scope', weak, {}, 403],
    ['the payer of another intent', null, { query: { t: token } }, payerMay ? 404 : 401],
    [
      'the browser of the payer of another intent',
      null,
      { query: { t: other.id }, headers: { cookie, ...sameOrigin } },
      payerMay ? 404 : 401,
    ],
    ['a browser with the cookie of another intent', null, { headers: { cookie, ...sameOrigin } }, 401],
  ];
  for (const [who, key, sent, status] of visitors) {
    const asked = `${title} as ${who}`;
    const answer = await call(key, fill(house, described, own), sent);
    const asNobody = await call(
      key,
      fill(house, described, slot === undefined ? own : with_(own, own, slot, nobody)),
      sent,
    );
    if (answer.status !== status) findings.betrayed.push(`${asked}: ${brief(answer)} in place of a ${status}`);
    if (slot !== undefined) sameAsNobody(answer, asNobody, [foreign, nobody], asked, findings);
  }

  const after = await contents(house.pay.knex);
  const tables = Object.keys(after).filter((table) => after[table] !== before[table]);
  if (tables.length > 0) findings.changed.push(`${title} with what is of ${owner.name}: wrote to ${tables.join(', ')}`);

  const control = await call(owner.key, fill(house, described, own));
  const expected = REFUSED_TO_OWNER[title]?.code ?? '';
  if (control.status >= 300 && !(changes && control.status === 409) && control.body?.error?.code !== expected) {
    findings.vacuous.push(`${title} as its owner, ${owner.name}: ${brief(control)}`);
  }
  if (control.body?.object === 'list' && control.body.data.length === 0) {
    findings.vacuous.push(`${title} shows its owner, ${owner.name}, an empty list`);
  }
  const answered: [Tenant, Answer][] = [[owner, control]];
  for (const stranger of changes ? strangers : []) {
    const answer = await call(stranger.key, fill(house, described, theirs.get(stranger)!));
    answered.push([stranger, answer]);
    const code: string = answer.body?.error?.code ?? '';
    if (answer.headers.get('idempotent-replayed') !== null || code.startsWith('IDEMPOTENCY') || answer.status === 404) {
      findings.met.push(`${title} as ${stranger.name} with a key that ${owner.name} used: ${brief(answer)}`);
    }
  }
  const whoseNow = changes ? await belongings(house.pay.knex) : whose;
  for (const [reader, answer] of answered) {
    namesNothingForeign(whoseNow, answer, reader, '', `${title} as ${reader.name}, with its own`, findings);
  }
}

interface Filled {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** A request of the route with these objects in it. Of the fields of the body that name something it has the first. */
function fill(
  house: House,
  { route, title, slots }: Described,
  objects: ReadonlyMap<Slot, string>,
  query: Readonly<Record<string, string>> = {},
): Filled {
  const at = (place: Slot['in']) => slots.filter((slot) => slot.in === place && objects.has(slot));
  const path = route.path.replace(/\{([^}]+)\}/g, (_, name: string) => {
    const slot = at('path').find((one) => one.name === name);
    return slot === undefined ? SHARED_PARAMETERS[name]!.value : objects.get(slot)!;
  });
  const named = Object.fromEntries(at('query').map((slot) => [slot.name, objects.get(slot)!]));
  const body = FILES[title]?.() ?? (route.body && { ...sampleOf(route.body), ...BODIES[title]?.(house) });
  const [field] = at('body');
  if (field !== undefined) put(body, field.name.split('.'), objects.get(field)!);
  return { path, query: { ...QUERIES[title], ...named, ...query }, body };
}

function put(into: any, [name, ...rest]: readonly string[], value: string): void {
  if (rest.length === 0) into[name!] = name!.endsWith('_ids') ? [value] : value;
  else put((into[name!] ??= {}), rest, value);
}

/** The path from `mine` where there is one, the slot with this value, and no other slot. */
function with_(
  mine: ReadonlyMap<Slot, string>,
  own: ReadonlyMap<Slot, string>,
  slot: Slot,
  value: string,
): ReadonlyMap<Slot, string> {
  const path = [...own.keys()].filter((one) => one.in === 'path' && one !== slot);
  return new Map([...path.map((one): [Slot, string] => [one, mine.get(one) ?? own.get(one)!]), [slot, value]]);
}

/** An object of the tenant for each place in the path and the body. */
async function objectsFor(house: House, who: Tenant, { slots, title }: Described) {
  const found = new Map<Slot, string>();
  for (const slot of slots) {
    const make = IN_STATE[title]?.[slot.name] ?? OBJECTS[slot.collection]!;
    if (slot.in !== 'query') found.set(slot, await make(house, who));
  }
  return found;
}

/** For each cursor of a list, one of its owner's places in it. */
async function cursorsOf(house: House, owner: Tenant, { route, cursors }: Described): Promise<Map<string, string>> {
  const places = new Map<string, string>();
  if (cursors.length === 0 || route.path.includes('{')) return places;
  const newest = await house.must(owner, 'GET', route.path, { query: { limit: '1' } });
  for (const name of cursors) {
    if (name !== 'after') places.set(name, newest.data[0]?.id ?? newest.next_cursor);
    else {
      const query = { after: 'beginning', limit: '1' };
      places.set(name, (await house.must(owner, 'GET', route.path, { query })).next_cursor);
    }
  }
  return places;
}

/** For each filter of a list, an object of its owner with which the list is not empty. */
async function filtersOf(house: House, owner: Tenant, described: Described, findings: Findings) {
  const { route, title, slots } = described;
  const found = new Map<Slot, string>();
  for (const slot of slots.filter((one) => one.in === 'query')) {
    const prefix = (await OBJECTS[slot.collection]!(house, owner)).split('_')[0]!;
    const { data } = await house.must(owner, 'GET', route.path, { query: { limit: '100' } });
    const named = new Set(JSON.stringify(data).match(new RegExp(`\\b${prefix}_[0-9a-z]{26}`, 'g')) ?? []);
    for (const id of named) {
      const { data: left } = await house.must(owner, 'GET', route.path, { query: { [slot.name]: id } });
      if (left.length === 0) continue;
      found.set(slot, id);
      break;
    }
    if (found.has(slot)) continue;
    findings.vacuous.push(`${title}: the list of ${owner.name} is empty with every ${slot.name}`);
    found.set(slot, nobodyLike(`${prefix}_`));
  }
  return found;
}

const nobodyLike = (id: string) => ids.next(id.slice(0, id.indexOf('_')) as IdPrefix);

function isNotFound({ status, body }: Answer): boolean {
  const code: string = body?.error?.code ?? '';
  return status === 404 && code.endsWith('_NOT_FOUND');
}

function sameAsNobody(
  asForeign: Answer,
  asNobody: Answer,
  [foreign, nobody]: readonly [string, string],
  asked: string,
  findings: Findings,
): void {
  const plain = ({ status, headers, text }: Answer, id: string) =>
    JSON.stringify([status, Object.fromEntries(headers), text])
      .replaceAll(id, 'THE_ID')
      .replace(/req_[0-9a-z]{26}/g, 'THE_REQUEST');
  const [one, two] = [plain(asForeign, foreign), plain(asNobody, nobody)];
  if (one === two) return;
  let same = 0;
  while (one[same] === two[same]) same += 1;
  const from = (text: string) => `…${text.slice(Math.max(0, same - 80), same + 120)}…`;
  findings.betrayed.push(`${asked}: a foreign id gets ${from(one)}, and one of nothing ${from(two)}`);
}

function namesNothingForeign(
  whose: Belongings,
  { headers, text }: Answer,
  reader: Tenant,
  asked: string,
  title: string,
  findings: Findings,
): void {
  // What the caller sent may come back to it.
  const said = JSON.stringify([Object.fromEntries(headers), text]).replaceAll(asked || '\0', '');
  const names = whose.foreignIn(said, reader);
  if (names.length > 0) findings.shown.push(`${title}: the answer names ${names.join(', ')}`);
}

// An answer may be a picture.
const brief = ({ status, text }: Answer) => `${status} ${text.slice(0, 300).replace(/[^\x20-\x7e]/g, '?')}`;
