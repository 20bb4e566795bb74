import { isItPayError } from '@itpay/core';
import type { Actor, Channel } from '@itpay/kernel';
import type { PaymentServices } from '../services.js';
import { checkPart } from './check-part.js';
import { readStatement } from './import.js';
import { KeptParts } from './kept-parts.js';
import type { Statement } from './statement.js';

/**
 * Fetches what a rail tells about one of its days, and reads it as an uploaded file is read. The same content of the same day
 * is one statement, however often it is fetched.
 *
 * @param actor of the account that keeps the books of the installation, see `keeperOf`
 * @param day `YYYY-MM-DD` in the rail's calendar
 * @returns null when it is not to be had now
 * @throws ItPayError `STATEMENT_INVALID` when the rail tells what cannot be read; nothing of it was written
 */
export async function fetchStatementDay(
  services: PaymentServices,
  actor: Actor,
  channel: Channel,
  day: string,
): Promise<Statement | null> {
  const { guard } = services;
  const fetched = await guard.attempt(channel, 'fetch_statement', async (context) => {
    try {
      const kept = new KeptParts(day);
      for await (const part of await channel.fetchStatement!(day, context)) kept.add(checkPart(part));
      return { kept };
    } catch (error) {
      // The rail did its work; what it told is of no use. That is no failure to reach it.
      if (isItPayError(error) && error.code === 'STATEMENT_INVALID') return { unreadable: error };
      throw error;
    }
  });
  if (!fetched.ok) return null;
  const { value } = fetched;
  if ('unreadable' in value) throw value.unreadable;

  const { kept } = value;
  const { statement } = await readStatement(services, actor, channel, {
    source: 'fetch',
    digest: kept.digest(),
    name: null,
    day,
    parts: () => kept.read(),
  });
  return statement;
}
