import { describe, expect, it } from 'vitest';
import { channelInstanceKey, Channels, type Channel } from './channel.js';
import { ChannelRegistry, defineChannel } from './define-channel.js';

const rail = (change: Partial<Channel> = {}): Channel => ({
  id: 'sample',
  displayName: 'Sample',
  mode: 'test',
  merchantAccount: 'shop',
  countries: ['TH'],
  currencies: ['THB'],
  capabilities: ['qr_dynamic'],
  reference: { maxLength: 20, alphabet: '0123456789ABCDEF' },
  encode: () => ({ kind: 'qr', qrStandard: 'emvco', qrData: '' }),
  ...change,
});

describe('defineChannel', () => {
  it('makes a plugin that brings the instances', () => {
    const [live, test] = [rail({ mode: 'live' }), rail({ simulated: true })];
    const contributed: unknown[] = [];

    const plugin = defineChannel(live, test);
    plugin.register?.({
      contribute: (...[to, , make]: any[]) => contributed.push([to, make()]),
    } as never);

    expect(plugin).toMatchObject({ name: 'channel-sample', channels: [live, test] });
    expect(contributed).toEqual([[Channels, [live, test]]]);
  });

  it.each<[facts: Partial<Channel>]>([
    [{ id: 'a' }],
    [{ id: 'bank_transfer2' }],
    [{ currencies: ['THB', 'USD'], exponentOverrides: { THB: 0, USD: 2 } }],
    [{ limits: { THB: {} } }],
    [{ limits: { THB: { min: 1n, max: 1n } } }],
    [{ limits: { THB: { max: 5n } } }],
    [{ reference: { maxLength: 60, alphabet: '01' } }],
    [{ simulated: true }],
  ])('accepts %o', (facts) => {
    expect(defineChannel(rail(facts)).channels).toHaveLength(1);
  });

  it.each<[field: keyof Channel, facts: Partial<Channel>]>([
    ['id', { id: '' }],
    ['id', { id: 'WeChat' }],
    ['id', { id: '1pay' }],
    ['id', { id: 'bank-transfer' }],
    ['id', { id: 'a'.repeat(41) }],
    ['mode', { mode: 'sandbox' as never }],
    ['merchantAccount', { merchantAccount: ' ' }],
    ['currencies', { currencies: [] }],
    ['currencies', { currencies: ['THB', 'XXX'] }],
    ['capabilities', { capabilities: ['teleport' as never] }],
    ['reference', { reference: { maxLength: 14, alphabet: '0123456789ABCDEF' } }],
    ['reference', { reference: { maxLength: 32, alphabet: 'AAB' } }],
    ['reference', { reference: { maxLength: 32, alphabet: '' } }],
    ['reference', { reference: { maxLength: 20.5, alphabet: '0123456789ABCDEF' } }],
    ['reference', { reference: { maxLength: NaN, alphabet: '0123456789ABCDEF' } }],
    ['exponentOverrides', { exponentOverrides: { THB: 3 } }],
    ['exponentOverrides', { exponentOverrides: { THB: -1 } }],
    ['exponentOverrides', { exponentOverrides: { THB: 0.5 } }],
    ['exponentOverrides', { exponentOverrides: { IDR: 0 } }],
    ['limits', { limits: { IDR: { min: 1n } } }],
    ['limits', { limits: { THB: { min: 0n } } }],
    ['limits', { limits: { THB: { min: 2n, max: 1n } } }],
    ['limits', { limits: { THB: { max: 0n } } }],
    ['simulated', { mode: 'live', simulated: true }],
    ['timeoutMs', { timeoutMs: 0 }],
    ['timeoutMs', { timeoutMs: 60_000 }],
    ['timeoutMs', { timeoutMs: NaN }],
  ])('refuses a wrong %s: %o', (field, facts) => {
    expect(() => defineChannel(rail(), rail(facts))).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID', param: field }),
    );
  });

  // A rail without a network has encode, one with a network authorize.
  const order = async () => ({ outcome: 'pending' }) as const;
  const online = { authorize: order, query: async () => ({ status: 'pending' }) as const } satisfies Partial<Channel>;
  const onlineRail = (change: Partial<Channel> = {}): Channel => {
    const { encode: _none, ...facts } = rail();
    return { ...facts, ...online, ...change };
  };
  const method = async () => ({}) as never;

  it.each<[what: string, channel: Channel]>([
    ['encode alone', rail()],
    ['encode with a query', rail({ query: online.query })],
    ['authorize and query', onlineRail()],
    ['a hold', onlineRail({ capabilities: ['manual_capture', 'partial_capture'], capture: method })],
    ['refunds', onlineRail({ capabilities: ['refund'], refund: method, queryRefund: method })],
    ['callbacks', onlineRail({ capabilities: ['callback'], verifyCallback: method })],
    ['closing', onlineRail({ capabilities: ['close_order'], cancel: method, timeoutMs: 59_999 })],
  ])('accepts %s', (_what, channel) => {
    expect(defineChannel(channel).channels).toEqual([channel]);
  });

  const { encode: _encode, ...nothing } = rail();
  const { query: _query, ...blind } = onlineRail();
  it.each<[what: string, field: string, channel: Channel]>([
    ['neither encode nor authorize', 'encode', nothing],
    ['both encode and authorize', 'encode', rail(online)],
    ['authorize without query', 'query', blind],
    ['a hold without capture', 'capture', onlineRail({ capabilities: ['manual_capture'] })],
    ['capture without a hold', 'capabilities', onlineRail({ capture: method })],
    ['refunds without refund', 'refund', onlineRail({ capabilities: ['refund'], queryRefund: method })],
    ['refunds without queryRefund', 'queryRefund', onlineRail({ capabilities: ['refund'], refund: method })],
    ['refund without refunds', 'capabilities', onlineRail({ refund: method, queryRefund: method })],
    ['callbacks without verifyCallback', 'verifyCallback', rail({ capabilities: ['callback'] })],
    ['verifyCallback without callbacks', 'capabilities', rail({ verifyCallback: method })],
    ['closing without cancel', 'cancel', onlineRail({ capabilities: ['close_order'] })],
    ['cancel without closing', 'capabilities', onlineRail({ cancel: method })],
  ])('refuses %s, naming %s', (_what, field, channel) => {
    expect(() => defineChannel(channel)).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID', param: field }),
    );
  });

  it('refuses instances of two rails', () => {
    expect(() => defineChannel(rail(), rail({ id: 'other' }))).toThrow(expect.objectContaining({ param: 'id' }));
  });
});

describe('ChannelRegistry', () => {
  const live = rail({ mode: 'live' });
  const test = rail({ simulated: true });
  const other = rail({ id: 'other' });

  it('finds an instance by rail and mode', () => {
    const registry = new ChannelRegistry([live, test, other]);

    expect(registry.get('sample', 'live')).toBe(live);
    expect(registry.get('sample', 'test')).toBe(test);
    expect(registry.get('other', 'live')).toBeUndefined();
    expect(registry.get('constructor', 'live')).toBeUndefined();
  });

  it('finds an instance by the key under which rows were written', () => {
    const registry = new ChannelRegistry([live, test]);

    expect(registry.byKey('sample:live:shop')).toBe(live);
    expect(registry.byKey('sample:test:shop')).toBe(test);
    expect(registry.byKey('sample:live:closed-branch')).toBeUndefined();
  });

  it('lists the instances of a mode in the order in which they came', () => {
    const registry = new ChannelRegistry([other, live, test]);

    expect(registry.list('test')).toEqual([other, test]);
    expect(registry.list('live')).toEqual([live]);
  });

  it('refuses two instances of one rail in one mode, and names both', () => {
    expect(() => new ChannelRegistry([test, rail({ merchantAccount: 'branch' })])).toThrow(
      expect.objectContaining({
        code: 'CONFIGURATION_INVALID',
        message: expect.stringContaining('(sample:test:shop and sample:test:branch)'),
      }),
    );
  });
});

it('tells instances apart by rail, mode and account', () => {
  expect(channelInstanceKey(rail({ mode: 'live' }))).toBe('sample:live:shop');
});
