import { token } from '../token.js';

/** The time. Everything that the framework decides by time asks here, so that a test can move it. */
export interface Clock {
  now(): Date;
}
export const Clock = token<Clock>('clock');

export const systemClock: Clock = { now: () => new Date() };
