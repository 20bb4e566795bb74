import { randomBytes, type KeyObject } from 'node:crypto';
import { askRail, RailError, railFailure, type FailureCategory, type RailAnswer } from '@itpay/kernel';
import type { MerchantConfig } from './config.js';
import { failureOfRefusal, type WechatCall } from './failure.js';
import { readBody, readText } from './mapping.js';
import {
  isValidAt,
  PlatformKeys,
  readCertificates,
  type KeyLookup,
  type PlatformCertificate,
} from './platform-keys.js';
import { authorize, isFresh, isSignedBy, proofIn, serialOf, type Proof } from './signature.js';
import { PATHS } from './wire.js';

/** One merchant at WeChat, and the keys by which WeChat is recognised. */
export interface Rail {
  readonly config: MerchantConfig;
  readonly keys: KeyLookup;
}

export function railOf(config: MerchantConfig): Rail {
  return { config, keys: new PlatformKeys(config, () => downloadCertificates(config)) };
}

export interface WechatRequest {
  readonly call: WechatCall;
  readonly method: 'GET' | 'POST';
  /** With its query, exactly as it is sent. */
  readonly path: string;
  /** What is written as JSON. Left out: no body. */
  readonly content?: object;
  readonly signal: AbortSignal;
}

/** An answer that is proven to be WeChat's. 202: accepted, and the result comes later. */
export interface VerifiedAnswer {
  readonly status: 200 | 202 | 204;
  readonly body: Buffer;
}

/**
 * One signed request, and its answer once it is proven.
 *
 * @throws RailError for every refusal, and for an answer that proves nothing
 */
export async function call(rail: Rail, request: WechatRequest): Promise<VerifiedAnswer> {
  const answer = await send(rail.config, request);
  const { status, headers, body } = answer;
  if (!(await isProven(rail, answer, request.signal))) throw unproven(answer);

  if (status === 200 || status === 202 || status === 204) return { status, body };
  throw new RailError(
    failureOfRefusal(request.call, status, codeIn(answer) ?? `http_${status}`, headers['retry-after']),
  );
}

/** What is not signed by WeChat is no answer. What it says is told to the operator, and otherwise proves nothing. */
function unproven(answer: RailAnswer): RailError {
  const { status } = answer;
  const code = codeIn(answer);
  const category: FailureCategory = status >= 500 ? 'channel_unavailable' : 'signature_invalid';
  return new RailError({
    category,
    rawCode: code ?? `http_${status}`,
    message:
      status === 401
        ? 'WeChat does not accept our signature. Compare mchid, merchantPrivateKey and merchantSerial with the console, ' +
          'and the clock of this machine.'
        : 'The answer is not signed by WeChat, or not now. Compare platformPublicKey with the console.',
  });
}

/** Sends the request; to the next host when one is not there and certainly has done nothing. */
export async function send(
  config: MerchantConfig,
  { method, path, content, signal, maxBytes }: Omit<WechatRequest, 'call'> & { readonly maxBytes?: number },
): Promise<RailAnswer> {
  // Written once: what is signed is what is sent.
  const body = content === undefined ? '' : JSON.stringify(content);
  const { hosts } = config;
  for (let next = 0; ; next += 1) {
    const isLast = next === hosts.length - 1;
    try {
      const answer = await askRail({
        method,
        url: hosts[next]! + path,
        headers: headersOf(config, { method, path, body }),
        ...(method === 'POST' && { body }),
        ...(maxBytes !== undefined && { maxBytes }),
        signal,
      });
      if (isLast || method === 'POST' || !isGatewayDown(answer)) return answer;
    } catch (error) {
      if (isLast || !mayAskNext(method, error)) throw error;
    }
  }
}

/** The gateway itself says that nothing is behind it. */
function isGatewayDown({ status }: RailAnswer): boolean {
  return status === 502 || status === 503;
}

// What broke off may have been done, and whatever the other host then said would not tell: a change is left to a question,
// and a question is repeated.
function mayAskNext(method: 'GET' | 'POST', error: unknown): boolean {
  if (!(error instanceof RailError)) return false;
  const { category } = error.failure;
  return category === 'not_connected' || (method === 'GET' && category === 'network');
}

function headersOf(config: MerchantConfig, { method, path, body }: { method: string; path: string; body: string }) {
  const timestamp = String(Math.floor(config.now().getTime() / 1000));
  const nonce = randomBytes(16).toString('hex').toUpperCase();
  return {
    accept: 'application/json',
    'user-agent': 'ItPay (channel-wechat)',
    authorization: authorize(config, { method, path, timestamp, nonce, body }),
    ...(method === 'POST' && { 'content-type': 'application/json' }),
    // Asks WeChat to sign its answer with this key.
    ...(config.publicKey !== null && { 'wechatpay-serial': config.publicKey.id }),
  };
}

async function isProven({ config, keys }: Rail, answer: RailAnswer, signal: AbortSignal): Promise<boolean> {
  const proof = proofIn(answer.headers);
  if (proof === null || !isFresh(proof, config.now())) return false;
  const key = await unlessAborted(keys.keyFor(proof.serial).catch(keyNotFound), signal);
  return key !== null && isSignedBy(key, proof, answer.body);
}

// The request itself was answered: that the certificates cannot be had does not mean that nothing was sent.
function keyNotFound(cause: unknown): never {
  const { category, rawCode = category, message } = railFailure(cause) ?? { category: 'unmapped' as const };
  throw new RailError({ category: 'signature_invalid', rawCode, ...(message !== undefined && { message }) }, { cause });
}

/** For reading only: an answer that is not proven may say anything. */
function codeIn({ body }: RailAnswer): string | null {
  try {
    const code = readText(readBody(body), 'code');
    return /^[A-Z_]{1,64}$/.test(code) ? code : null;
  } catch {
    return null;
  }
}

/** A download of certificates is shared by several calls, so that none of them may end it; each ends its own waiting. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(new RailError({ category: 'timeout' }));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
    work.catch(() => {});
  }
}

const DOWNLOAD_WITHIN_MS = 8_000;

/**
 * The certificates of now. Their list is signed with one of them, and only who has the APIv3 key can have encrypted it.
 *
 * @throws RailError when they cannot be fetched, decrypted or proven
 */
export async function downloadCertificates(config: MerchantConfig): Promise<readonly PlatformCertificate[]> {
  const signal = AbortSignal.timeout(DOWNLOAD_WITHIN_MS);
  const answer = await send(config, { method: 'GET', path: PATHS.certificates, signal });
  if (answer.status !== 200) throw unproven(answer);
  const certificates = readCertificates(config.apiV3Key, answer.body);
  const proof = proofIn(answer.headers);
  const now = config.now();
  if (proof === null || !isFresh(proof, now)) throw unproven(answer);
  const key = signerOf(config, certificates, proof, now);
  if (key === null || !isSignedBy(key, proof, answer.body)) throw unproven(answer);
  return certificates;
}

/** While WeChat moves a merchant to the public key, the list is signed with that one. */
function signerOf(
  { publicKey }: MerchantConfig,
  certificates: readonly PlatformCertificate[],
  { serial }: Proof,
  now: Date,
): KeyObject | null {
  if (publicKey?.id === serial) return publicKey.key;
  const signer = certificates.find((one) => one.serial === serialOf(serial));
  return signer !== undefined && isValidAt(signer, now) ? signer.key : null;
}
