import { describe, expect, it } from 'vitest';
import { fakeClock } from './fake-clock.js';

describe('fakeClock', () => {
  it('stands still until it is moved', () => {
    const clock = fakeClock('2025-03-01T10:00:00Z');

    expect(clock.now()).toEqual(new Date('2025-03-01T10:00:00Z'));
    expect(clock.now()).toEqual(clock.now());
  });

  it.each([
    [1500, '2025-01-01T00:00:01.500Z'],
    ['250ms', '2025-01-01T00:00:00.250Z'],
    ['90s', '2025-01-01T00:01:30.000Z'],
    ['15m', '2025-01-01T00:15:00.000Z'],
    ['2h', '2025-01-01T02:00:00.000Z'],
    ['1d', '2025-01-02T00:00:00.000Z'],
  ])('advances by %s', (duration, expected) => {
    const clock = fakeClock();

    clock.advance(duration);

    expect(clock.now().toISOString()).toBe(expected);
  });

  it.each(['15', 'm', '1.5h', '-1s', '1w', '', -1, 0.5, Number.NaN])('refuses to advance by %j', (duration) => {
    expect(() => fakeClock().advance(duration)).toThrow(/is no duration/);
  });

  it('jumps to a moment, also back', () => {
    const clock = fakeClock('2025-03-01T10:00:00Z');

    clock.set('2024-02-29T00:00:00Z');

    expect(clock.now()).toEqual(new Date('2024-02-29T00:00:00Z'));
    expect(() => clock.set('yesterday')).toThrow(/is no date/);
  });

  it('keeps its time when a caller changes the date that it was given', () => {
    const clock = fakeClock('2025-03-01T10:00:00Z');

    clock.now().setFullYear(1999);

    expect(clock.now().getUTCFullYear()).toBe(2025);
  });
});
