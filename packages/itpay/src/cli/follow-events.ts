import { setTimeout as sleep } from 'node:timers/promises';
import type { EventEnvelope } from '@itpay/core';
import type { Client } from './client.js';
import { ApiError, CommandError, UsageError } from './errors.js';
import { say } from './output.js';

export interface EventSource {
  readonly client: Client;
  /** From when on. Left out: from now on. */
  readonly since?: Date | undefined;
  /** `payment_intent.succeeded`, `payment_intent.*` or `*`; an empty list is all. */
  readonly patterns: readonly string[];
  /** False: ends where the log ends. */
  readonly follow: boolean;
  /** Called once it is known where the log ends: what happens from then on is not missed. */
  readonly onReady?: () => void;
  readonly signal: AbortSignal;
}

/** In milliseconds: how long the log is left alone when it had nothing new. */
const PAUSE_MS = 1_000;

/**
 * Events in the order of the log, each once, until `signal` aborts. A server that goes away for a while is waited for.
 *
 * @throws what the first request throws, and ApiError when the server refuses
 */
export async function* followEvents({
  client,
  since,
  patterns,
  follow,
  onReady = () => {},
  signal,
}: EventSource): AsyncGenerator<EventEnvelope> {
  const wanted = ({ type }: EventEnvelope) => patterns.length === 0 || patterns.some((one) => matches(one, type));
  try {
    // First the place where the log ends, then what lies before it: what happens in between is in both, and shown once.
    let page = await client.request('GET', '/v1/events', { query: { after: 'now' }, signal });
    onReady();
    const shown = new Set<string>();
    for (const event of since === undefined ? [] : await eventsSince(client, since, signal)) {
      shown.add(event.id);
      if (wanted(event)) yield event;
    }
    if (!follow) return;
    for (;;) {
      for (const event of page.data as EventEnvelope[]) {
        if (!shown.delete(event.id) && wanted(event)) yield event;
      }
      if (page.has_more !== true) await sleep(PAUSE_MS, undefined, { signal });
      page = await nextPage(client, page.next_cursor, signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** `payment_intent.*,refund.succeeded` as a list. */
export function parsePatterns(option: string, text: string | undefined): readonly string[] {
  const patterns = text?.split(',').map((one) => one.trim()) ?? [];
  for (const pattern of patterns) {
    if (!/^(\*|[a-z_]+\.(\*|[a-z_.]+))$/.test(pattern)) {
      throw new UsageError(`${option}: "${pattern}" is not an event type, a family (payment_intent.*) or *.`);
    }
  }
  return patterns;
}

/** `10m`, `2h`, `3d`, or an ISO 8601 time. */
export function parseSince(text: string | undefined, now: Date): Date | undefined {
  if (text === undefined) return undefined;
  const [, count, unit] = /^(\d{1,4})([smhd])$/.exec(text) ?? [];
  if (unit !== undefined) return new Date(now.getTime() - Number(count) * MS_PER[unit as keyof typeof MS_PER]);
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(Date.parse(text))) return new Date(text);
  throw new UsageError(`--since: "${text}" is not a time. Use 10m, 2h, 3d or 2026-11-22T14:30:00Z.`);
}

const MS_PER = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function matches(pattern: string, type: string): boolean {
  return pattern === '*' || pattern === type || (pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1)));
}

// The list is newest first, page by page.
async function eventsSince(client: Client, since: Date, signal: AbortSignal): Promise<EventEnvelope[]> {
  const found: EventEnvelope[] = [];
  let cursor: string | undefined;
  do {
    const query = { created_gte: since.toISOString(), limit: 100, starting_after: cursor };
    const page = await client.request('GET', '/v1/events', { query, signal });
    found.push(...(page.data as EventEnvelope[]));
    cursor = page.has_more === true ? page.next_cursor : undefined;
  } while (cursor !== undefined);
  return found.toReversed();
}

async function nextPage(client: Client, after: string, signal: AbortSignal): Promise<any> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await client.request('GET', '/v1/events', { query: { after, limit: 100 }, signal });
    } catch (error) {
      if (signal.aborted || !passes(error)) throw error;
      if (attempt === 0) say(`${(error as Error).message} Trying again until it is back; nothing gets lost.`);
      await sleep(2 * PAUSE_MS, undefined, { signal });
    }
  }
}

const passes = (error: unknown) =>
  error instanceof ApiError ? error.status >= 500 || error.status === 429 : error instanceof CommandError;
