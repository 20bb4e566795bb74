import { beforeAll, describe, expect, it } from 'vitest';
import { DAY, NEXT_DAY, reconciliationRig, type Rig } from './rig.js';

let t: Rig;
beforeAll(async () => {
  t = await reconciliationRig();
});

describe('A reconciliation is refused for', () => {
  it.each<[what: string, body: object, code: string, param: string]>([
    ['another channel', { channel: 'nowhere', from: DAY, to: DAY }, 'CHANNEL_NOT_SUPPORTED', 'channel'],
    ['a day that is none', { channel: 'fake', from: '2025-02-30', to: DAY }, 'PARAMETER_INVALID', 'from'],
    ['days in the wrong order', { channel: 'fake', from: DAY, to: '2024-12-31' }, 'PARAMETER_INVALID', 'to'],
    ['a day to come', { channel: 'fake', from: DAY, to: NEXT_DAY }, 'PARAMETER_INVALID', 'to'],
    ['more than 31 days', { channel: 'fake', from: '2024-12-01', to: DAY }, 'PARAMETER_INVALID', 'to'],
  ])('%s', async (_, body, code, param) => {
    expect((await t.request('POST', '/v1/reconciliations', { body })).body.error).toMatchObject({ code, param });
    expect(await t.runs()).toEqual([]);
  });
});
