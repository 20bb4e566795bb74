import { isItPayError, ItPayError } from '@itpay/core';
import {
  defineRoute,
  withoutMessage,
  type CallbackAnswer,
  type Channel,
  type Logger,
  type RawRequest,
  type Route,
  type RouteAnswer,
  type Secrets,
  type VerifiedCallback,
} from '@itpay/kernel';
import { z } from 'zod';
import type { PaymentServices } from '../services.js';
import { sha256 } from '../sha256.js';
import { processNotice, type NoticeResult } from './process.js';
import type { CallbackTokens } from './token.js';

type RejectReason = Parameters<NonNullable<Channel['rejectCallback']>>[0];

/** What the key belongs to under which bodies are sealed. */
export const SEALED_FOR = 'notification';

/** "Not accepted" for a rail that has no words of its own for it. */
const REJECT_STATUS: Readonly<Record<RejectReason, number>> = { signature: 401, mismatch: 422, failure: 500 };

const ROUTE = {
  method: 'POST',
  tag: 'Channels',
  access: 'public',
  raw: true,
  rate: 'callback',
  description:
    'Called by the channel and by nobody else. The signature over the raw bytes decides; what is not proven to come from ' +
    'the channel changes nothing. The answer is in the channel’s own dialect: it says "accepted" after the commit.',
  answers: {
    200: { description: 'Accepted, in the channel’s dialect', contentType: '*/*' },
    401: { description: 'Not proven to come from the channel' },
    422: { description: 'Proven, and it does not fit the order that it names' },
    500: { description: 'Not processed; the channel should come again' },
  },
  errors: ['CHANNEL_NOT_FOUND', 'CHANNEL_SIGNATURE_INVALID', 'BODY_TOO_LARGE'],
} as const;

/** Where rails tell us: one address for each channel instance, and the addresses that a rail fixes itself. */
export function callbackRoutes(
  services: PaymentServices,
  tokens: CallbackTokens,
  secrets: Secrets,
  logger: Logger,
): readonly Route[] {
  const { channels } = services;
  const instances = [...channels.list('live'), ...channels.list('test')].filter(takesCallbacks);

  const byToken = defineRoute({
    ...ROUTE,
    path: '/v1/channels/{channel}/callback/{token}',
    summary: 'Notification from a channel',
    params: z.object({ channel: z.string(), token: z.string() }),
    async run({ params, raw, requestId }) {
      const chosen = instances
        .filter(({ id }) => id === params.channel)
        .find((one) => tokens.selects(params.token, one));
      if (chosen === undefined) {
        // Without the token in it: whoever reads the log has no need for it.
        throw new ItPayError('CHANNEL_NOT_FOUND', { message: 'No channel is called at this address.', param: 'token' });
      }
      return answerCallback(services, secrets, logger, [chosen], raw, requestId);
    },
  });

  const paths = new Set(instances.flatMap(({ callbackPaths = [] }) => callbackPaths));
  const fixed = [...paths].map((path) => {
    // A live and a test instance may share the rail's path; the signature tells whose notification it is.
    const sharing = instances.filter(({ callbackPaths = [] }) => callbackPaths.includes(path));
    return defineRoute({
      ...ROUTE,
      path,
      summary: `Notification from ${sharing[0]!.displayName}`,
      run: ({ raw, requestId }) => answerCallback(services, secrets, logger, sharing, raw, requestId),
    });
  });

  return [byToken, ...fixed];
}

type Verification =
  | { readonly ok: true; readonly channel: Channel; readonly verified: VerifiedCallback }
  | { readonly ok: false; readonly reason: 'signature' | 'failure' };

async function answerCallback(
  services: PaymentServices,
  secrets: Secrets,
  logger: Logger,
  candidates: readonly Channel[],
  raw: RawRequest,
  requestId: string,
): Promise<RouteAnswer> {
  const verification = await verify(logger, candidates, raw, requestId);
  if (!verification.ok) {
    return { ...rejection(candidates[0]!, verification.reason), unproven: verification.reason === 'signature' };
  }

  const { channel, verified } = verification;
  const bodyDigest = sha256(raw.rawBody);
  const sealedBody = secrets.seal(SEALED_FOR, raw.rawBody);
  const results: NoticeResult[] = [];
  // One after the other: they may be about one payment. A bad one keeps no other from being processed.
  for (const notice of verified.notices) {
    results.push(await processNotice(services, logger, { channel, notice, bodyDigest, sealedBody, requestId }));
  }
  if (results.includes('failure')) return rejection(channel, 'failure');
  if (results.includes('mismatch')) return rejection(channel, 'mismatch');
  return inDialect(verified.acknowledge);
}

async function verify(
  logger: Logger,
  candidates: readonly Channel[],
  { remoteAddress, ...callback }: RawRequest,
  requestId: string,
): Promise<Verification> {
  let reason: 'signature' | 'failure' = 'signature';
  for (const channel of candidates) {
    try {
      return { ok: true, channel, verified: await channel.verifyCallback!(callback) };
    } catch (error) {
      if (isItPayError(error) && error.code === 'CHANNEL_SIGNATURE_INVALID') continue;
      // Not a word about the signature: it could not be checked. The rail should come again.
      reason = 'failure';
      logger.error(
        { err: withoutMessage(error), channel: channel.id, mode: channel.mode, requestId },
        'A callback could not be checked.',
      );
    }
  }
  if (reason === 'signature') {
    const names = candidates.map(({ id, mode }) => `${id}:${mode}`).join();
    logger.warn(
      { security: true, channel: names, remoteAddress, requestId },
      'A callback is not proven to come from the channel and was refused.',
    );
  }
  return { ok: false, reason };
}

function rejection(channel: Channel, reason: RejectReason): RouteAnswer {
  const answer = channel.rejectCallback?.(reason);
  return answer === undefined ? { status: REJECT_STATUS[reason] } : inDialect(answer);
}

function inDialect({ status, headers = {}, body }: CallbackAnswer): RouteAnswer {
  const own = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  if (body === '') return { status, headers: own };
  const { 'content-type': type = 'text/plain; charset=utf-8', ...rest } = own;
  return { status, headers: rest, content: { type, bytes: body } };
}

const takesCallbacks = (channel: Channel) => channel.verifyCallback !== undefined;
