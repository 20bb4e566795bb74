import { generateKeyPairSync } from 'node:crypto';
import type { RawCallback } from '@itpay/kernel';
import { describe, expect, it } from 'vitest';
import { rejectCallback, verifyCallback } from './callback.js';
import { configOf, type SnapConfig } from './config.js';
import type { AcquirerName } from './profile.js';
import { signHmac, signRsa, tokenString, transactionString } from './signature.js';
import { answerTokenRequest, isOwnToken, issueToken } from './token-endpoint.js';

const [ours, acquirers] = [newKey(), newKey()];
let now = new Date('2026-03-02T03:15:30Z');
const TIMESTAMP = '2026-03-02T10:15:30+07:00';

function configFor(acquirer: AcquirerName, clientId = 'CLIENT'): SnapConfig {
  const config = configOf({
    now: () => now,
    test: {
      acquirer,
      merchantId: 'M1',
      clientId,
      clientSecret: 'secret',
      channelId: '95221',
      privateKey: ours.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      publicKey: acquirers.publicKey.export({ type: 'spki', format: 'pem' }) as string,
      baseUrl: 'http://127.0.0.1:9',
    },
  });
  return (config as Extract<typeof config, { kind: 'snap' }>).merchants[0];
}
const [byRsa, byHmac] = [configFor('aspi'), configFor('doku')];

const PAYMENT = {
  originalReferenceNo: '2020102977770000000009',
  originalPartnerReferenceNo: 'ORDER1',
  latestTransactionStatus: '00',
  amount: { value: '25000.00', currency: 'IDR' },
  additionalInfo: { paidTime: '2026-03-02T10:15:00+07:00' },
};

interface Written {
  readonly content?: unknown;
  readonly text?: string;
  readonly path?: string;
  /** What is signed, where it is not the path as called. */
  readonly signedPath?: string;
  readonly timestamp?: string;
  readonly token?: string;
}

function notification(config: SnapConfig, written: Written = {}): RawCallback {
  const { content = PAYMENT, text = JSON.stringify(content), timestamp = TIMESTAMP } = written;
  const path = written.path ?? '/shop/v1.0/qr/qr-mpm-notify';
  const hmac = config.profile.notifySignature === 'hmac';
  const accessToken = hmac ? (written.token ?? issueToken(config)) : undefined;
  const signed = transactionString({
    method: 'POST',
    path: written.signedPath ?? path,
    body: text,
    timestamp,
    accessToken,
  });
  return {
    method: 'POST',
    path,
    headers: {
      'X-TIMESTAMP': timestamp,
      'X-SIGNATURE': hmac ? signHmac(signed, 'secret') : signRsa(signed, acquirers.privateKey),
      'X-EXTERNAL-ID': '1',
      ...(hmac && { Authorization: `Bearer ${accessToken}` }),
    },
    rawBody: Buffer.from(text),
  };
}

const refusesForged = { code: 'CHANNEL_SIGNATURE_INVALID' };

describe.each([
  ['RSA', byRsa],
  ['HMAC', byHmac],
])('a notification signed with %s', (_kind, config) => {
  it('tells of the payment', async () => {
    expect(await verifyCallback(config, notification(config))).toEqual({
      notices: [
        {
          eventId: '2020102977770000000009|00',
          kind: 'payment',
          merchantAccount: 'M1',
          reference: 'ORDER1',
          credit: {
            channelTransactionId: '2020102977770000000009',
            amount: { currency: 'IDR', value: 2_500_000n },
            paidAt: new Date('2026-03-02T03:15:00Z'),
          },
        },
      ],
      acknowledge: {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: '{"responseCode":"2005200","responseMessage":"Successful"}',
      },
    });
  });

  it('is refused with any byte changed or left out', async () => {
    const good = notification(config);

    for (let at = 0; at < good.rawBody.length; at += 1) {
      const changed = Uint8Array.from(good.rawBody);
      changed[at]! ^= 1;
      const shorter = Buffer.concat([good.rawBody.slice(0, at), good.rawBody.slice(at + 1)]);
      for (const rawBody of [changed, shorter]) {
        await expect(verifyCallback(config, { ...good, rawBody }), `byte ${at}`).rejects.toMatchObject(refusesForged);
      }
    }
  });

  it('may have other whitespace between its tokens than was signed, which changes nothing', async () => {
    const compact = notification(config);
    const pretty = Buffer.from(`${JSON.stringify(PAYMENT, null, 2)}\n`);

    const read = await verifyCallback(config, { ...compact, rawBody: pretty });

    expect(read).toEqual(await verifyCallback(config, compact));
    const within = Buffer.from(JSON.stringify({ ...PAYMENT, originalPartnerReferenceNo: 'ORDER 1' }));
    await expect(verifyCallback(config, { ...compact, rawBody: within })).rejects.toMatchObject(refusesForged);
  });

  it('counts at the path as called, and at the one that SNAP fixes; nowhere else', async () => {
    const fixed = '/v1.0/qr/qr-mpm-notify';

    await expect(verifyCallback(config, notification(config, { signedPath: fixed }))).resolves.toBeDefined();
    await expect(
      verifyCallback(config, notification(config, { path: '/v1/channels/qris/callback/t' })),
    ).resolves.toBeDefined();
    await expect(verifyCallback(config, notification(config, { signedPath: '/other' }))).rejects.toMatchObject(
      refusesForged,
    );
    await expect(verifyCallback(config, { ...notification(config), path: '/other' })).rejects.toMatchObject(
      refusesForged,
    );
    await expect(verifyCallback(config, { ...notification(config), method: 'GET' })).rejects.toMatchObject(
      refusesForged,
    );
  });

  it.each([
    ['2026-03-02T10:10:30+07:00', true],
    ['2026-03-02T10:10:29+07:00', false],
    ['2026-03-02T10:20:30+07:00', true],
    ['2026-03-02T10:20:31+07:00', false],
    ['2026-03-02T03:15:30Z', true],
    ['2026-03-02T03:15:30.123Z', true],
    ['2026-03-02T10:15:30', false],
    ['2026-03-02 10:15:30+07:00', false],
    ['1772421330', false],
  ])('with the timestamp %s is fresh: %s', async (timestamp, fresh) => {
    const read = verifyCallback(config, notification(config, { timestamp }));

    if (fresh) await expect(read).resolves.toBeDefined();
    else await expect(read).rejects.toMatchObject(refusesForged);
  });

  it.each([
    ['01', []],
    ['02', []],
    ['03', []],
    ['04', []],
    ['05', ['closed']],
    ['06', ['closed']],
    ['07', []],
  ])('about the status %s is never a payment', async (latestTransactionStatus, kinds) => {
    const { notices } = await verifyCallback(
      config,
      notification(config, { content: { ...PAYMENT, latestTransactionStatus } }),
    );

    expect(notices.map(({ kind }) => kind)).toEqual(kinds);
  });

  it.each([
    ['an unknown status', { latestTransactionStatus: '08' }],
    ['no amount', { amount: undefined }],
    ['an amount of nothing', { amount: { value: '0.00', currency: 'IDR' } }],
    ['an amount as a number', { amount: { value: 25000, currency: 'IDR' } }],
    ['an amount with an exponent', { amount: { value: '2.5e4', currency: 'IDR' } }],
    ['a negative amount', { amount: { value: '-25000.00', currency: 'IDR' } }],
    ['dollars', { amount: { value: '25000.00', currency: 'USD' } }],
    ['no number of ours', { originalPartnerReferenceNo: undefined }],
    ['no number of theirs', { originalReferenceNo: '' }],
    ['a time that is none', { additionalInfo: { paidTime: 'yesterday' } }],
    ['a merchant that is no text', { merchantId: 7 }],
  ])('is refused with %s, however well it is signed', async (_what, change) => {
    await expect(
      verifyCallback(config, notification(config, { content: { ...PAYMENT, ...change } })),
    ).rejects.toMatchObject(refusesForged);
  });

  it('names the merchant of the body, where it names one', async () => {
    const { notices } = await verifyCallback(
      config,
      notification(config, { content: { ...PAYMENT, merchantId: 'M2' } }),
    );

    expect(notices[0]).toMatchObject({ merchantAccount: 'M2' });
  });

  it('was paid when it was sent, where it does not say', async () => {
    const { notices } = await verifyCallback(
      config,
      notification(config, { content: { ...PAYMENT, additionalInfo: undefined } }),
    );

    expect(notices[0]!.credit!.paidAt).toEqual(new Date('2026-03-02T03:15:30Z'));
  });
});

describe('a token of ours', () => {
  const request = (change: Partial<Record<string, string>> = {}, body = '{"grantType":"client_credentials"}') => ({
    headers: {
      'x-client-key': 'CLIENT',
      'x-timestamp': TIMESTAMP,
      'x-signature': signRsa(tokenString('CLIENT', TIMESTAMP), acquirers.privateKey),
      ...change,
    },
    rawBody: Buffer.from(body),
  });

  it('is for the acquirer, who proves itself', () => {
    const { status, body } = answerTokenRequest([byHmac], request());

    expect({ status, body }).toEqual({
      status: 200,
      body: {
        responseCode: '2007300',
        responseMessage: 'Successful',
        accessToken: expect.stringMatching(/^[\w-]+\.[\w-]+$/),
        tokenType: 'Bearer',
        expiresIn: '900',
      },
    });
    expect(isOwnToken(byHmac, (body as { accessToken: string }).accessToken)).toBe(true);
  });

  it.each([
    ['a signature of ours', { 'x-signature': signRsa(tokenString('CLIENT', TIMESTAMP), ours.privateKey) }],
    ['no signature', { 'x-signature': undefined }],
    ['another client', { 'x-client-key': 'OTHER' }],
    ['another time', { 'x-timestamp': '2026-03-02T10:15:31+07:00' }],
    [
      'an old request',
      {
        'x-timestamp': '2026-03-02T09:15:30+07:00',
        'x-signature': signRsa(tokenString('CLIENT', '2026-03-02T09:15:30+07:00'), acquirers.privateKey),
      },
    ],
  ])('is not for %s', (_what, change) => {
    expect(answerTokenRequest([byHmac], request(change))).toEqual({
      status: 401,
      body: { responseCode: '4017300', responseMessage: 'Unauthorized' },
      unproven: true,
    });
  });

  it.each(['', '{}', 'null', '[]', '{"grantType":"authorization_code"}'])('is not given for the body %j', (body) => {
    expect(answerTokenRequest([byHmac], request({}, body))).toMatchObject({
      status: 400,
      body: { responseCode: '4007302' },
    });
  });

  it('opens the endpoint of its own merchant, for 15 minutes, in every process', async () => {
    const token = issueToken(byHmac);

    expect(isOwnToken(configFor('doku'), token), 'another process with the same secret').toBe(true);
    expect(isOwnToken(configFor('doku', 'OTHER'), token)).toBe(false);
    expect(isOwnToken({ ...byHmac, clientSecret: 'other' }, token)).toBe(false);
    expect(isOwnToken({ ...byHmac, mode: 'live' }, token)).toBe(false);
    const began = now;
    try {
      now = new Date(began.getTime() + 899_000);
      expect(isOwnToken(byHmac, token)).toBe(true);
      now = new Date(began.getTime() + 900_000);
      expect(isOwnToken(byHmac, token)).toBe(false);
    } finally {
      now = began;
    }
  });

  it('cannot be made up or altered', () => {
    const token = issueToken(byHmac);

    const longer = `${Buffer.from('9999999999.x').toString('base64url')}.${token.split('.')[1]}`;
    for (const forged of ['', '.', 'a.b', longer, `${token}0`, token.slice(1), `${token}.${token}`, `${token}.`]) {
      expect(isOwnToken(byHmac, forged), forged).toBe(false);
    }
  });

  it('is needed beside the signature', async () => {
    const good = notification(byHmac);
    const forged = notification(byHmac, { token: 'a.b' });

    await expect(verifyCallback(byHmac, forged)).rejects.toMatchObject(refusesForged);
    for (const authorization of [
      undefined,
      '',
      'Bearer',
      `Basic ${issueToken(byHmac)}`,
      `Bearer ${issueToken(byHmac)}`,
    ]) {
      const headers = { ...good.headers, Authorization: authorization };
      await expect(verifyCallback(byHmac, { ...good, headers }), authorization).rejects.toMatchObject(refusesForged);
    }
  });
});

describe('a rejection', () => {
  it.each([
    ['signature', 401, '4015200'],
    ['mismatch', 404, '4045213'],
    ['failure', 500, '5005200'],
  ] as const)('for %s makes the acquirer come again', (reason, status, responseCode) => {
    const { body, ...answer } = rejectCallback(byRsa, reason);

    expect(answer).toMatchObject({ status });
    expect(JSON.parse(body)).toMatchObject({ responseCode });
    expect(JSON.parse(rejectCallback(configFor('dana'), reason).body).responseCode.slice(3, 5)).toBe('56');
  });
});

function newKey() {
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}
