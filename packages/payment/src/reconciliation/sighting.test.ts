import { describe, expect, it } from 'vitest';
import { sight, type KnownException } from './sighting.js';

const EARLIER = 'rec_1';
const RUN = 'rec_2';
const LATER = 'rec_3';

const known = (status: KnownException['status'], change: Partial<KnownException> = {}): KnownException => ({
  status,
  resolution: null,
  reconciliationId: EARLIER,
  ...change,
});
const waits = { waits: true, gone: false };
const differs = { waits: false, gone: false };
const gone = { waits: false, gone: true };

describe('An exception', () => {
  it.each<[what: string, before: KnownException | null, seen: typeof waits, status: string | null, alarms: boolean]>([
    ['nobody knew, and may be a matter of time', null, waits, 'waiting', false],
    ['nobody knew', null, differs, 'open', true],
    ['nobody knew, and that is gone', null, gone, null, false],
    ['that waited is seen again', known('waiting'), waits, 'open', true],
    ['that waited is seen by the same run', known('waiting', { reconciliationId: RUN }), waits, 'waiting', false],
    [
      'that waited is seen by a run that began before',
      known('waiting', { reconciliationId: LATER }),
      waits,
      'waiting',
      false,
    ],
    ['that waited is no matter of time any more', known('waiting', { reconciliationId: RUN }), differs, 'open', true],
    ['that waited is gone', known('waiting'), gone, 'resolved', false],
    ['that is open is seen again', known('open'), waits, 'open', false],
    ['that is open is gone', known('open'), gone, 'resolved', false],
    ['that went away is back', known('resolved', { resolution: 'automatic' }), differs, 'open', true],
    [
      'that went away is back, and may be a matter of time',
      known('resolved', { resolution: 'automatic' }),
      waits,
      'waiting',
      false,
    ],
    ['that went away stays away', known('resolved', { resolution: 'automatic' }), gone, null, false],
    [
      'that an operator resolved is seen again',
      known('resolved', { resolution: 'operator' }),
      differs,
      'resolved',
      false,
    ],
    ['that an operator resolved is gone', known('resolved', { resolution: 'operator' }), gone, null, false],
  ])('%s', (_, before, seen, status, alarms) => {
    expect(sight(before, seen, RUN)).toEqual({ status, alarms });
  });
});
