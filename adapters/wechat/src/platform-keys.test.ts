import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { describeNeeding, vectorsNeed } from '../../../test/support/needs.js';
import { loadVectors } from '../../../test/support/vectors.js';
import { PlatformKeys, readCertificates, type PlatformCertificate } from './platform-keys.js';

const { publicKey: key } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const START = Date.parse('2026-03-02T00:00:00Z');
const HOUR = 3_600_000;
const MINUTE = 60_000;

const certificate = (serial: string, change: Partial<PlatformCertificate> = {}): PlatformCertificate => ({
  serial,
  key,
  validFrom: new Date(START - HOUR),
  validTo: new Date(START + 1000 * HOUR),
  ...change,
});

/** A WeChat that lists these certificates, and a clock that a test moves. */
function platform(
  listed: () => readonly PlatformCertificate[] | Promise<readonly PlatformCertificate[]>,
  publicKey: { id: string; key: KeyObject } | null = null,
) {
  const state = { now: START, downloads: 0 };
  const keys = new PlatformKeys({ publicKey, certificates: true, now: () => new Date(state.now) }, async () => {
    state.downloads += 1;
    return listed();
  });
  return { keys, state };
}

describe('the keys of WeChat', () => {
  it('are the configured one and no other of its kind', async () => {
    const { keys, state } = platform(() => [], { id: 'PUB_KEY_ID_01', key });

    expect(await keys.keyFor('PUB_KEY_ID_01')).toBe(key);
    expect(await keys.keyFor('PUB_KEY_ID_02')).toBeNull();
    expect(state.downloads).toBe(0);
  });

  it('are never looked for where the merchant has no certificates', async () => {
    const keys = new PlatformKeys({ publicKey: null, certificates: false, now: () => new Date(START) }, () => {
      throw new Error('There is nothing to download.');
    });

    expect(await keys.keyFor('AAAAAAAA01')).toBeNull();
  });

  it('are downloaded once for all who wait, and then kept', async () => {
    const { keys, state } = platform(() => [certificate('AAAAAAAA01')]);

    const found = await Promise.all(['AAAAAAAA01', 'aaaaaaaa01', '00AAAAAAAA01'].map((serial) => keys.keyFor(serial)));
    await keys.keyFor('AAAAAAAA01');

    expect(found).toEqual([key, key, key]);
    expect(state.downloads).toBe(1);
  });

  it('are looked for once in five minutes when nobody knows a number', async () => {
    const { keys, state } = platform(() => [certificate('AAAAAAAA01')]);

    for (const serial of ['BBBBBBBB01', 'BBBBBBBB02', 'BBBBBBBB03']) expect(await keys.keyFor(serial)).toBeNull();
    expect(state.downloads).toBe(1);
    state.now += 5 * MINUTE - 1;
    expect(await keys.keyFor('BBBBBBBB01')).toBeNull();
    expect(state.downloads).toBe(1);
    state.now += 1;
    expect(await keys.keyFor('BBBBBBBB01')).toBeNull();
    expect(state.downloads).toBe(2);
  });

  it('are not looked for under a number that cannot be one', async () => {
    const { keys, state } = platform(() => []);

    for (const serial of ['', 'x', 'AAAA', '__proto__', 'G'.repeat(10), 'A'.repeat(41)]) {
      expect(await keys.keyFor(serial)).toBeNull();
    }
    expect(state.downloads).toBe(0);
  });

  it('change while both are in use: the new one is found, and the old one stays until it ends', async () => {
    const end = START + 48 * HOUR;
    const old = certificate('AAAAAAAA01', { validTo: new Date(end) });
    let listed = [old];
    const { keys, state } = platform(() => listed);
    await keys.keyFor('AAAAAAAA01');
    listed = [certificate('AAAAAAAA02')];

    state.now += 6 * MINUTE;
    expect(await keys.keyFor('AAAAAAAA02')).toBe(key);
    expect(await keys.keyFor('AAAAAAAA01')).toBe(key);
    state.now = end;
    expect(await keys.keyFor('AAAAAAAA01')).toBe(key);
    state.now = end + 1;
    expect(await keys.keyFor('AAAAAAAA01')).toBeNull();
  });

  it('are asked for again after twelve hours, behind the back of whoever needs one', async () => {
    let answer: (certificates: PlatformCertificate[]) => void = () => {};
    const { keys, state } = platform(() =>
      state.downloads === 1 ? [certificate('AAAAAAAA01')] : new Promise((resolve) => (answer = resolve)),
    );
    await keys.keyFor('AAAAAAAA01');

    state.now += 12 * HOUR - 1;
    await keys.keyFor('AAAAAAAA01');
    expect(state.downloads).toBe(1);
    state.now += 1;
    expect(await keys.keyFor('AAAAAAAA01')).toBe(key);
    expect(state.downloads).toBe(2);
    const waiting = keys.keyFor('AAAAAAAA02');
    answer([certificate('AAAAAAAA02')]);
    expect(await waiting).toBe(key);
    expect(state.downloads).toBe(2);
  });

  it('count only while they are valid', async () => {
    const { keys } = platform(() => [
      certificate('AAAAAAAA01', { validTo: new Date(START - 1) }),
      certificate('AAAAAAAA02', { validFrom: new Date(START + 1) }),
    ]);

    expect(await keys.keyFor('AAAAAAAA01')).toBeNull();
    expect(await keys.keyFor('AAAAAAAA02')).toBeNull();
  });

  it('stay when a download fails, which is tried again soon', async () => {
    let broken = true;
    const { keys, state } = platform(() => {
      if (broken) throw new Error('WeChat is away.');
      return [certificate('AAAAAAAA01')];
    });

    await expect(keys.keyFor('AAAAAAAA01')).rejects.toThrow('WeChat is away.');
    expect(await keys.keyFor('AAAAAAAA01')).toBeNull();
    expect(state.downloads).toBe(1);
    broken = false;
    state.now += 10_000;
    expect(await keys.keyFor('AAAAAAAA01')).toBe(key);
    broken = true;
    state.now += 13 * HOUR;
    expect(await keys.keyFor('AAAAAAAA01')).toBe(key);
    expect(state.downloads).toBe(3);
  });
});

describeNeeding(vectorsNeed, 'a list of certificates', () => {
  const vector = loadVectors('wechat')?.vectors.find(({ kind }) => kind === 'certificates-download');
  const { body, apiV3Key } = (vector?.input ?? { body: '{}' }) as { body: string; apiV3Key: string };
  const changed = (change: (list: any) => void) => {
    const list = JSON.parse(body);
    change(list);
    return Buffer.from(JSON.stringify(list));
  };

  it('is read with the key that it was encrypted with, and tells how long each counts', () => {
    const [one] = readCertificates(apiV3Key, Buffer.from(body));

    expect(createPublicKey(one!.key.export({ type: 'spki', format: 'pem' })).asymmetricKeyType).toBe('rsa');
    expect(one!.validTo.getTime() - one!.validFrom.getTime()).toBeGreaterThan(4 * 365 * 24 * HOUR);
  });

  it('is a matter of configuration when it cannot be decrypted', () => {
    expect(() => readCertificates(apiV3Key.toLowerCase(), Buffer.from(body))).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ category: 'auth_config', rawCode: 'APIV3_KEY' }) }),
    );
  });

  it.each<[string, (list: any) => void]>([
    ['another serial number', (list) => (list.data[0].serial_no = '5DEA10EF')],
    ['no serial number', (list) => delete list.data[0].serial_no],
    ['another algorithm', (list) => (list.data[0].encrypt_certificate.algorithm = 'NONE')],
    ['another nonce', (list) => (list.data[0].encrypt_certificate.nonce = '14b16c03dc1c')],
    ['other associated data', (list) => (list.data[0].encrypt_certificate.associated_data = 'transaction')],
    ['an entry that is none', (list) => list.data.push(7)],
    ['no list', (list) => delete list.data],
  ])('is refused with %s', (_, change) => {
    expect(() => readCertificates(apiV3Key, changed(change))).toThrow();
  });
});
