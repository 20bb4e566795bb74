import { randomBytes } from 'node:crypto';
import { askRail, RailError, type RailAnswer } from '@itpay/kernel';
import type { SnapConfig } from './config.js';
import { failureOfRefusal, isTokenRefused, readResponseCode, type ResponseCode } from './failure.js';
import { timestampOf } from './mapping.js';
import { signHmac, signRsa, tokenString, transactionString } from './signature.js';
import { AccessTokens, type AccessToken } from './tokens.js';
import { HEADERS } from './wire.js';

export type Json = Readonly<Record<string, unknown>>;

/** One merchant at its acquirer. */
export interface Rail {
  readonly config: SnapConfig;
  readonly tokens: AccessTokens;
}

/** An acquirer that does not answer in this time gives no token. */
const TOKEN_TIMEOUT_MS = 10_000;

export function railOf(config: SnapConfig): Rail {
  return { config, tokens: new AccessTokens(() => askForToken(config)) };
}

export interface SnapCall {
  readonly path: string;
  readonly content: object;
  /** The number of the order or refund, for acquirers that want it as `X-EXTERNAL-ID`. */
  readonly reference?: string;
  readonly signal: AbortSignal;
}

/** `pending`: the acquirer accepted the request, and works on it. */
export interface SnapAnswer {
  readonly pending: boolean;
  readonly body: Json;
}

/**
 * One signed call. Answers of SNAP carry no signature: TLS says who answers, and the caller compares reference and amount.
 *
 * @throws RailError for every refusal, and for an answer that is not SNAP's
 */
export async function call(rail: Rail, { path, content, reference, signal }: SnapCall): Promise<SnapAnswer> {
  // Written once: what is signed is what is sent.
  const body = JSON.stringify(content);
  for (let attempt = 1; ; attempt += 1) {
    const token = rail.config.profile.paths.token === null ? undefined : await rail.tokens.get(signal);
    const answer = await askRail({
      method: 'POST',
      url: rail.config.baseUrl + path,
      headers: headersOf(rail.config, { path, body, token, reference }),
      body,
      signal,
    });
    const code = codeOf(answer);
    if (code.http === 200 || code.http === 202) return { pending: code.http === 202, body: jsonOf(answer)! };
    if (token === undefined || attempt > 1 || !isTokenRefused(code)) throw refusalOf(answer, code);
    // It ended early, or somebody else got a new one. The request was not looked at.
    rail.tokens.drop(token);
  }
}

interface Signed {
  readonly path: string;
  readonly body: string;
  readonly token: string | undefined;
  readonly reference: string | undefined;
}

function headersOf(config: SnapConfig, { path, body, token, reference }: Signed): Record<string, string> {
  const { profile } = config;
  const timestamp = timestampOf(config.now(), profile.timestamp);
  const byHmac = profile.requestSignature === 'hmac';
  const text = transactionString({
    method: 'POST',
    path,
    body,
    timestamp,
    accessToken: byHmac ? token : undefined,
    emptyBody: profile.emptyBody,
  });
  return {
    'content-type': 'application/json',
    [HEADERS.timestamp]: timestamp,
    [HEADERS.signature]: byHmac ? signHmac(text, config.clientSecret) : signRsa(text, config.privateKey),
    [HEADERS.partnerId]: config.partnerId,
    [HEADERS.externalId]: (profile.externalId === 'reference' ? reference : undefined) ?? newExternalId(),
    [HEADERS.channelId]: config.channelId,
    ...(token !== undefined && { [HEADERS.authorization]: `Bearer ${token}` }),
    ...(config.origin !== null && { [HEADERS.origin]: config.origin }),
  };
}

/** It names the attempt, and has to be new on every day: 32 digits by chance. */
function newExternalId(): string {
  const number = BigInt(`0x${randomBytes(16).toString('hex')}`) % 10n ** 32n;
  return number.toString().padStart(32, '0');
}

/** @throws RailError that says that nothing was sent: without a token, no call goes out */
async function askForToken(config: SnapConfig): Promise<AccessToken> {
  const timestamp = timestampOf(config.now(), config.profile.timestamp);
  const answer = await askRail({
    method: 'POST',
    url: config.baseUrl + config.profile.paths.token!,
    headers: {
      'content-type': 'application/json',
      [HEADERS.timestamp]: timestamp,
      [HEADERS.clientKey]: config.clientId,
      [HEADERS.signature]: signRsa(tokenString(config.clientId, timestamp), config.privateKey),
    },
    body: '{"grantType":"client_credentials"}',
    signal: AbortSignal.timeout(TOKEN_TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw noToken(error instanceof RailError ? error.failure.rawCode : undefined);
  });
  const { accessToken, expiresIn } = jsonOf(answer) ?? {};
  const code = readResponseCode(jsonOf(answer)?.responseCode);
  if (answer.status === 200 && code?.http === 200 && isText(accessToken)) {
    const seconds = Number(expiresIn);
    return { value: accessToken, expiresInMs: (seconds > 0 ? seconds : DEFAULT_EXPIRES_IN) * 1000 };
  }
  const failure = code && failureOfRefusal(code, answer.headers['retry-after']);
  if (failure?.category === 'rate_limited') throw new RailError(failure);
  if (answer.status >= 500 || code === null) throw noToken(failure?.rawCode ?? `http_${answer.status}`);
  throw new RailError({
    category: 'auth_config',
    rawCode: failure?.rawCode ?? `http_${answer.status}`,
    message:
      'The acquirer gives no token. Compare clientId and privateKey with its portal, and the clock of this machine.',
  });
}

const DEFAULT_EXPIRES_IN = 900;

function noToken(rawCode: string | undefined): RailError {
  return new RailError({
    category: 'not_connected',
    message: 'The acquirer gave no access token, so nothing was sent.',
    ...(rawCode !== undefined && { rawCode }),
  });
}

/** @throws RailError when something else than SNAP answered: that proves nothing */
function codeOf(answer: RailAnswer): ResponseCode {
  const code = readResponseCode(jsonOf(answer)?.responseCode);
  const success = code !== null && code.http < 300;
  // A success that HTTP denies is none.
  if (code !== null && (!success || (answer.status >= 200 && answer.status < 300))) return code;
  const category = answer.status >= 500 ? 'channel_unavailable' : 'unmapped';
  throw new RailError({ category, rawCode: `http_${answer.status}`, message: 'The answer is not SNAP’s.' });
}

function refusalOf(answer: RailAnswer, code: ResponseCode): RailError {
  return new RailError(failureOfRefusal(code, answer.headers['retry-after']));
}

function jsonOf({ body }: RailAnswer): Json | null {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null;
  } catch {
    return null;
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
