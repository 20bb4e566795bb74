import type { KeyObject } from 'node:crypto';
import type { IncomingRailRequest } from '../kit/server.js';
import { gatewayRefusal, type GatewayRefusal } from './answer.js';
import { rsa2Fits, textToSign, type SerialNumbers } from './keys.js';
import type { Json } from './money.js';

export interface App {
  readonly appId: string;
  readonly publicKey: KeyObject;
  /** In certificate mode. */
  readonly serialNumbers?: SerialNumbers | undefined;
}

/** A request that the gateway lets through. */
export interface GatewayCall {
  readonly method: string;
  readonly notifyUrl: string | undefined;
  readonly content: Json;
}

const TIMESTAMP = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/;

/**
 * Reads and verifies a call of the gateway: its parameters may be in the query, in the form, or in both.
 *
 * @returns the gateway's refusal when something is wrong
 */
export function readCall(
  { headers, path, rawBody }: IncomingRailRequest,
  app: App,
  methods: readonly string[],
): GatewayCall | GatewayRefusal {
  if (!headers['content-type']?.toLowerCase().startsWith('application/x-www-form-urlencoded')) {
    return gatewayRefusal('isv.invalid-format', 'the body is not form-encoded');
  }
  const pairs = [...new URL(path, 'http://simulator').searchParams, ...new URLSearchParams(rawBody.toString('utf8'))];
  const given = new Map(pairs);
  if (given.size !== pairs.length) return gatewayRefusal('isv.invalid-parameter', 'a parameter comes twice');

  for (const name of ['app_id', 'method', 'charset', 'sign_type', 'sign', 'timestamp', 'version']) {
    if (!given.get(name)) return gatewayRefusal(`isv.missing-${name.replace('_', '-')}`, `${name} is missing`, '40001');
  }
  const of = (name: string): string => given.get(name) ?? '';
  if (of('app_id') !== app.appId) return gatewayRefusal('isv.invalid-app-id', '无效的AppID参数');
  if (!methods.includes(of('method'))) return gatewayRefusal('isv.invalid-method', '不存在的方法名');
  if (of('charset').toLowerCase() !== 'utf-8') return gatewayRefusal('isv.invalid-charset', 'only utf-8');
  if (of('sign_type') !== 'RSA2') return gatewayRefusal('isv.invalid-signature-type', 'only RSA2');
  if (of('version') !== '1.0') return gatewayRefusal('isv.invalid-version', 'only 1.0');
  if ((given.get('format') ?? 'JSON').toUpperCase() !== 'JSON')
    return gatewayRefusal('isv.invalid-format', 'only JSON');
  if (!TIMESTAMP.test(of('timestamp'))) return gatewayRefusal('isv.invalid-timestamp', 'not yyyy-MM-dd HH:mm:ss');
  const { serialNumbers } = app;
  if (serialNumbers !== undefined) {
    if (of('app_cert_sn') !== serialNumbers.app)
      return gatewayRefusal('isv.invalid-app-cert-sn', '应用公钥证书SN不匹配');
    if (of('alipay_root_cert_sn') !== serialNumbers.root) {
      return gatewayRefusal('isv.invalid-alipay-root-cert-sn', '支付宝根证书SN不匹配');
    }
  }
  if (!rsa2Fits(textToSign(given, ['sign']), of('sign'), app.publicKey)) {
    return gatewayRefusal('isv.invalid-signature', '验签出错，请检查签名字符串与签名私钥');
  }
  const content = contentOf(of('biz_content'));
  if (content === undefined) return gatewayRefusal('isv.invalid-parameter', 'biz_content is not a JSON object');
  return { method: of('method'), notifyUrl: given.get('notify_url') || undefined, content };
}

function contentOf(text: string): Json | undefined {
  try {
    const content: unknown = JSON.parse(text);
    return typeof content === 'object' && content !== null && !Array.isArray(content) ? (content as Json) : undefined;
  } catch {
    return undefined;
  }
}
