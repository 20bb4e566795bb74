import { expect, it } from 'vitest';
import { capturedLogger } from './captured-logger.js';

it('keeps every line with its level, oldest first', () => {
  const logger = capturedLogger();

  logger.info({ intent: 'pi_1' }, 'created');
  logger.error({ code: 'CHANNEL_UNAVAILABLE' }, 'gave up');

  expect(logger.lines).toEqual([
    { level: 'info', fields: { intent: 'pi_1' }, message: 'created' },
    { level: 'error', fields: { code: 'CHANNEL_UNAVAILABLE' }, message: 'gave up' },
  ]);
});
