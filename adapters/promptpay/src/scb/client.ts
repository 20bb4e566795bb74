import { randomUUID } from 'node:crypto';
import { askRail, RailError, type RailAnswer, type RailRequest } from '@itpay/kernel';
import { isObject, readJsonObject, textAt, type Json, type JsonObject } from '../json.js';
import type { ScbMerchantConfig } from './config.js';
import { failureOfRefusal, failureOfStatus, failureWithoutToken, SUCCESS, TOKEN_REFUSALS } from './failure.js';
import { overMutualTls } from './mutual-tls.js';
import { TokenCache, type Token } from './token.js';
import { PATHS } from './wire.js';

export interface ScbRequest {
  readonly method: 'GET' | 'POST';
  /** Below the base address, with its query. */
  readonly path: string;
  readonly content?: object;
  readonly signal: AbortSignal;
}

/** A token serves several calls, so that the time limit of none of them is its own. */
const TOKEN_TIMEOUT_MS = 10_000;

/**
 * Calls SCB with a token. Answers are not signed: TLS says whose they are, and the caller compares what they say with what
 * was asked.
 */
export class ScbClient {
  readonly #config: ScbMerchantConfig;
  readonly #tokens: TokenCache;
  readonly #ask: (request: RailRequest) => Promise<RailAnswer>;

  constructor(config: ScbMerchantConfig) {
    this.#config = config;
    this.#tokens = new TokenCache(() => this.#fetchToken(), config.now);
    this.#ask = config.identity === null ? askRail : overMutualTls(config.identity);
  }

  /**
   * @returns the `data` of an answer that says success
   * @throws RailError for every refusal, and for an answer that is not in SCB's format
   */
  async call(request: ScbRequest): Promise<Json> {
    const token = await this.#tokens.get(request.signal);
    const first = await this.#send(request, token);
    if (!refusesToken(first)) return dataOf(first);
    // It ended early, or another process has a newer one. A refused token means that nothing was done.
    this.#tokens.drop(token);
    return dataOf(await this.#send(request, await this.#tokens.get(request.signal)));
  }

  async #fetchToken(): Promise<Token> {
    const { apiKey, apiSecret } = this.#config;
    const content = { applicationKey: apiKey, applicationSecret: apiSecret };
    const signal = AbortSignal.timeout(TOKEN_TIMEOUT_MS);
    try {
      const data = dataOf(await this.#send({ method: 'POST', path: PATHS.token, content, signal }, null));
      const value = isObject(data) ? textAt(data, 'accessToken') : undefined;
      const seconds = isObject(data) ? textAt(data, 'expiresIn') : undefined;
      if (value === undefined || !/^[\x21-\x7e]{1,4096}$/.test(value)) throw unreadable('accessToken');
      if (seconds === undefined || !/^[1-9]\d{0,6}$/.test(seconds)) throw unreadable('expiresIn');
      return { value, livesForMs: Number(seconds) * 1000 };
    } catch (error) {
      throw error instanceof RailError ? new RailError(failureWithoutToken(error.failure), { cause: error }) : error;
    }
  }

  async #send({ method, path, content, signal }: ScbRequest, token: string | null): Promise<ScbAnswer> {
    const answer = await this.#ask({
      method,
      url: this.#config.baseUrl + path,
      headers: {
        'content-type': 'application/json',
        'accept-language': 'EN',
        resourceOwnerId: this.#config.apiKey,
        // 32 letters and digits, new for every request, by which SCB finds it in its logs.
        requestUId: randomUUID().replaceAll('-', ''),
        ...(token !== null && { authorization: `Bearer ${token}` }),
      },
      ...(content !== undefined && { body: JSON.stringify(content) }),
      signal,
    });
    const retryAfter = answer.headers['retry-after'];
    const body = readJsonObject(answer.body);
    const status = body && isObject(body.status) ? body.status : null;
    return { httpStatus: answer.status, code: (status && textAt(status, 'code')) ?? null, body, retryAfter };
  }
}

interface ScbAnswer {
  readonly httpStatus: number;
  /** Null for an answer that is not in SCB's format. */
  readonly code: string | null;
  readonly body: JsonObject | null;
  readonly retryAfter: string | undefined;
}

function refusesToken({ httpStatus, code }: ScbAnswer): boolean {
  return code === null ? httpStatus === 401 : TOKEN_REFUSALS.includes(code);
}

function dataOf({ httpStatus, code, body, retryAfter }: ScbAnswer): Json {
  if (code === null) throw new RailError(failureOfStatus(httpStatus, retryAfter));
  if (code !== SUCCESS) throw new RailError(failureOfRefusal(httpStatus, code, retryAfter));
  if (httpStatus !== 200 || body === null) throw new RailError(failureOfStatus(httpStatus, retryAfter));
  return body.data ?? null;
}

/** An answer of SCB's in which a field is missing or malformed. */
export function unreadable(field: string): RailError {
  return new RailError({ category: 'unmapped', message: `${field} is missing or malformed.` });
}
