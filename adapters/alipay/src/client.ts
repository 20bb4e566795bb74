import { askRail, RailError, type RailAnswer } from '@itpay/kernel';
import { readAnswer, type Fields } from './answer.js';
import type { AlipayConfig } from './config.js';
import { failureOfRefusal, IN_PROGRESS, OK } from './failure.js';
import { chinaTime } from './mapping.js';
import { contentToSign, signRsa2, type Params } from './signature.js';
import type { MethodName } from './wire.js';

/** An answer whose signature fits, and that does not say no. */
export interface GatewayAnswer {
  /** The payer is still at it; there is no result yet. */
  readonly inProgress: boolean;
  readonly fields: Fields;
}

/**
 * One signed request to the gateway, and its answer once it is proven to be Alipay's.
 *
 * @param content the business parameters; they are serialised once, and those bytes are signed and sent
 * @throws RailError for every refusal, and for an answer that proves nothing
 */
export async function call(
  config: AlipayConfig,
  method: MethodName,
  content: object,
  { signal, notifyUrl }: { readonly signal: AbortSignal; readonly notifyUrl?: string },
): Promise<GatewayAnswer> {
  const answer = await askRail({
    method: 'POST',
    url: config.gateway,
    headers: { 'content-type': 'application/x-www-form-urlencoded;charset=utf-8' },
    body: signedBody(config, method, content, notifyUrl),
    signal,
  });
  const fields = proven(config, method, answer);
  const code = String(fields['code']);
  if (code === OK || code === IN_PROGRESS) return { inProgress: code === IN_PROGRESS, fields };
  const subCode = fields['sub_code'];
  throw new RailError(failureOfRefusal(code, typeof subCode === 'string' && subCode !== '' ? subCode : undefined));
}

function signedBody(config: AlipayConfig, method: MethodName, content: object, notifyUrl: string | undefined): string {
  const params: Params = {
    app_id: config.appId,
    method,
    format: 'JSON',
    charset: 'utf-8',
    sign_type: 'RSA2',
    timestamp: chinaTime(config.now()),
    version: '1.0',
    ...(notifyUrl !== undefined && { notify_url: notifyUrl }),
    ...config.certificateNumbers,
    biz_content: JSON.stringify(content),
  };
  const sign = signRsa2(contentToSign(params), config.appPrivateKey);
  return new URLSearchParams({ ...params, sign }).toString();
}

/** @throws RailError unless the answer is signed by Alipay; what is not, proves nothing, also when it says no */
function proven(config: AlipayConfig, method: MethodName, { status, body }: RailAnswer): Fields {
  const text = utf8(body);
  const reading =
    text === null ? UNREADABLE : readAnswer(text, `${method.replaceAll('.', '_')}_response`, config.keysFor);
  switch (reading.verdict) {
    case 'verified':
      return reading.fields;
    case 'unknown_certificate':
      throw new RailError({
        category: 'signature_invalid',
        rawCode: 'unknown_alipay_cert_sn',
        message:
          'Alipay signs with a certificate that is not configured. Download it from the console into alipayCert.',
      });
    case 'unsigned':
      throw new RailError({
        category: status >= 500 ? 'channel_unavailable' : 'signature_invalid',
        rawCode: `unsigned:${codeIn(reading.fields)}`,
        message: 'The gateway refused without a signature. Compare appId, appPrivateKey and gateway with the console.',
      });
    default:
      throw new RailError({
        category: status >= 500 ? 'channel_unavailable' : 'signature_invalid',
        rawCode: `http_${status}`,
      });
  }
}

const UNREADABLE = { verdict: 'unreadable' } as const;

function utf8(body: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return null;
  }
}

/** For the operator, and not more of it than looks like a code: nobody vouches for this text. */
function codeIn({ sub_code: subCode, code }: Fields): string {
  const text = String(subCode ?? code ?? '');
  return /^[\w.-]{1,64}$/.test(text) ? text : 'none';
}
