import { expect, it } from 'vitest';
import { admit, CLOSED, report, type BreakerState } from './breaker.js';

// A word per step: ok and ill are calls with their end; [ and ] are the begin of a call and its ill end, where others come
// between; a number lets so many seconds pass; no is a call that is not let out.
it.each<[story: string, steps: string, ends: BreakerState['state']]>([
  ['four failures are not enough', 'ill ill ill ill ok', 'closed'],
  ['a success in between starts the count again', 'ill ill ill ill ok ill ill ill ill', 'closed'],
  ['the fifth in a row opens it', 'ill ill ill ill ill no', 'open'],
  ['open, it lets nothing out for 30 seconds', 'ill ill ill ill ill 29.999 no', 'open'],
  ['then one call finds out', 'ill ill ill ill ill 30 [ no no', 'half_open'],
  ['a probe that succeeds closes it', 'ill ill ill ill ill 30 ok ok', 'closed'],
  ['a probe that fails opens it at once, for 30 seconds more', 'ill ill ill ill ill 30 ill 29.999 no', 'open'],
  ['after a closed probe the count begins at nothing', 'ill ill ill ill ill 30 ok ill ill ill ill', 'closed'],
  ['a probe that never comes back is followed by another', 'ill ill ill ill ill 30 [ 29.999 no 0.001 ok', 'closed'],
  ['what was on its way when it opened counts too', '[ ill ill ill ill ill 20 ] 29.999 no 0.001 ok', 'closed'],
])('%s', (_story, steps, ends) => {
  let breaker = CLOSED;
  let nowMs = 0;
  const goOut = (): void => {
    const { admitted, next } = admit(breaker, nowMs);
    expect(admitted).toBe(true);
    breaker = next;
  };
  const comeBack = (healthy: boolean): void => {
    breaker = report(breaker, healthy, nowMs);
  };

  for (const step of steps.split(' ')) {
    if (step === '[') goOut();
    else if (step === ']') comeBack(false);
    else if (step === 'no') expect(admit(breaker, nowMs)).toEqual({ admitted: false, next: breaker });
    else if (step === 'ok' || step === 'ill') {
      goOut();
      comeBack(step === 'ok');
    } else nowMs += Number(step) * 1_000;
  }

  expect(breaker.state).toBe(ends);
});
