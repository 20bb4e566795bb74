import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { ItPayError } from '@itpay/core';
import { RailError, type StatementRow } from '@itpay/kernel';
import { call, railOf, send, type Rail } from './client.js';
import { merchantOf, type WechatMerchant, type WechatTestMerchant } from './config.js';
import { readBody, readText } from './mapping.js';
import { parseFundFlowBill, parseTradeBill } from './statement.js';
import { PATHS } from './wire.js';

/** `trade`: payments and refunds. `fund_flow`: what changed the balance, with fees and withdrawals. */
export type BillKind = 'trade' | 'fund_flow';

export interface FetchBillOptions {
  /** The day in China, `YYYY-MM-DD`: not today, and at most three months ago. Bills are ready from 10:00 of the next day. */
  readonly date: string;
  readonly kind: BillKind;
  /** Left out: one minute. */
  readonly signal?: AbortSignal;
  /** Left out: the machine's time. */
  readonly now?: () => Date;
}

/** Unpacked and not; larger bills do not fit into memory and are loaded from the merchant console. */
const MAX_BILL_BYTES = 256 * 1024 * 1024;
const FETCH_WITHIN_MS = 60_000;

/**
 * Downloads a daily bill of a merchant, and checks it as a whole (SHA-1) before its first row is read.
 *
 * @returns null when nothing happened on that day
 * @throws ItPayError `PARAMETER_INVALID` for a day that is none; `CHANNEL_UNAVAILABLE` while the bill is not to be had
 *   (later it may be); `CHANNEL_ERROR` when WeChat refuses it; `CONFIGURATION_INVALID` for the merchant
 */
export async function fetchBill(
  merchant: WechatMerchant | WechatTestMerchant,
  { date, kind, signal = AbortSignal.timeout(FETCH_WITHIN_MS), now = () => new Date() }: FetchBillOptions,
): Promise<AsyncIterable<StatementRow> | null> {
  if (!isDay(date)) {
    throw new ItPayError('PARAMETER_INVALID', { message: 'date is not a day such as 2026-03-02.', param: 'date' });
  }
  const rail = railOf(merchantOf('baseUrl' in merchant ? 'test' : 'live', merchant, now));
  const file = await download(rail, date, kind, signal);
  if (file === null) return null;
  const chunks = (async function* () {
    yield file;
  })();
  return kind === 'trade' ? parseTradeBill(chunks, { mchid: rail.config.mchid }) : parseFundFlowBill(chunks);
}

async function download(rail: Rail, date: string, kind: BillKind, signal: AbortSignal): Promise<Buffer | null> {
  try {
    return await downloadBill(rail, date, kind, signal);
  } catch (error) {
    if (!(error instanceof RailError)) throw error;
    const { category, rawCode, message } = error.failure;
    const isFinal = category === 'invalid_request' || category === 'auth_config' || category === 'mismatch';
    throw new ItPayError(isFinal ? 'CHANNEL_ERROR' : 'CHANNEL_UNAVAILABLE', {
      message: `The bill of ${date} could not be fetched (${rawCode ?? category}). ${message ?? 'Try again later.'}`,
      cause: error,
    });
  }
}

/**
 * The file of a bill, unpacked and checked.
 *
 * @returns null when nothing happened on that day
 * @throws RailError while it is not to be had
 */
export async function downloadBill(
  rail: Rail,
  date: string,
  kind: BillKind,
  signal: AbortSignal,
): Promise<Buffer | null> {
  try {
    const path =
      kind === 'trade'
        ? `${PATHS.tradeBill}?bill_date=${date}&bill_type=ALL&tar_type=GZIP`
        : `${PATHS.fundFlowBill}?bill_date=${date}&account_type=BASIC&tar_type=GZIP`;
    const { body } = await call(rail, { call: 'bill', method: 'GET', path, signal });
    const place = readBody(body);
    if (readText(place, 'hash_type') !== 'SHA1') throw malformed('hash_type is not SHA1.');
    // The address lives for half a minute, so that it is used at once.
    return await fileAt(rail, readText(place, 'download_url'), readText(place, 'hash_value'), signal);
  } catch (error) {
    if (error instanceof RailError && error.failure.rawCode === 'NO_STATEMENT_EXIST') return null;
    throw error;
  }
}

/** The file is not signed: what proves it is its hash, in an answer that was. */
async function fileAt({ config }: Rail, address: string, hash: string, signal: AbortSignal): Promise<Buffer> {
  const url = URL.canParse(address) ? new URL(address) : null;
  // Our signature goes to WeChat and to nobody else.
  const host = config.hosts.find((one) => url !== null && new URL(one).origin === url.origin);
  if (url === null || host === undefined) throw malformed('download_url leads to another host.');
  const path = url.pathname + url.search;
  const answer = await send({ ...config, hosts: [host] }, { method: 'GET', path, signal, maxBytes: MAX_BILL_BYTES });
  if (answer.status !== 200) throw new RailError({ category: 'channel_unavailable', rawCode: `http_${answer.status}` });
  const file = unpacked(answer.body);
  if (createHash('sha1').update(file).digest('hex') !== hash.toLowerCase()) {
    throw malformed('The file is another one than WeChat announced: its SHA-1 differs.');
  }
  return file;
}

function unpacked(bytes: Buffer): Buffer {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (!isGzip) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_BILL_BYTES });
  } catch {
    throw malformed('The file cannot be unpacked.');
  }
}

function malformed(message: string): RailError {
  return new RailError({ category: 'mismatch', message });
}

function isDay(date: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(date) && !Number.isNaN(Date.parse(`${date}T00:00:00Z`));
}
