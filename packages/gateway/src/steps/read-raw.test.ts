import { expect, it } from 'vitest';
import { request } from '../../test/fakes.js';
import { rawReader } from './read-raw.js';

const readRaw = rawReader('https://shop.example/itpay');
const gone = async () => {
  throw new Error('A parser of the host took the bytes.');
};

it.each(['GET', 'HEAD'])(
  'does not ask for the body of a %s, which a parser of the host may have taken',
  async (method) => {
    const raw = await readRaw(request({ method, url: '/pay/pi_1?t=x', rawBody: gone }));

    expect(raw).toMatchObject({ method, path: '/itpay/pay/pi_1?t=x', rawBody: new Uint8Array() });
  },
);

it('asks for that of a POST', async () => {
  await expect(readRaw(request({ method: 'POST', rawBody: gone }))).rejects.toThrow('took the bytes');
});
