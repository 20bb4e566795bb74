import { chinaTimestamp } from '../kit/china-time.js';
import type { CallbackRewrite, RailEvent, WrittenCallback } from '../kit/callbacks.js';
import type { Encrypted, Platform, PlatformKey } from './platform.js';

export interface WechatEvent extends RailEvent {
  readonly kind: 'TRANSACTION.SUCCESS' | 'REFUND.SUCCESS' | 'REFUND.CLOSED' | 'REFUND.ABNORMAL';
  readonly createdAt: Date;
  /** What goes out encrypted. */
  readonly plaintext: object;
  readonly signedBy: PlatformKey;
}

const SUMMARIES = {
  'TRANSACTION.SUCCESS': '支付成功',
  'REFUND.SUCCESS': '退款成功',
  'REFUND.CLOSED': '退款关闭',
  'REFUND.ABNORMAL': '退款异常',
} as const;

type Fields = Record<string, unknown>;

export function writeNotification(event: WechatEvent, platform: Platform): WrittenCallback {
  const type = event.kind === 'TRANSACTION.SUCCESS' ? 'transaction' : 'refund';
  const body = JSON.stringify({
    id: event.id,
    create_time: chinaTimestamp(event.createdAt),
    resource_type: 'encrypt-resource',
    event_type: event.kind,
    summary: SUMMARIES[event.kind],
    resource: { original_type: type, ...platform.encrypt(JSON.stringify(event.plaintext), type) },
  });
  return { headers: headersOf(platform.signatureOf(body, event.signedBy)), body };
}

/**
 * Writes a notification anew. Fields of the envelope go by their names (`id`, `resource.nonce`), all others are of what
 * is encrypted (`out_trade_no`, `amount.total`).
 */
export function rewriteNotification(
  { headers, body }: WrittenCallback,
  { fields = {}, drop = [], content, byStranger, signedAt }: CallbackRewrite,
  platform: Platform,
): WrittenCallback {
  const key = platform.keyFor(headers['wechatpay-serial']) ?? platform.publicKey;
  const written =
    content ?? rewritten(body, { ...fields, ...Object.fromEntries(drop.map((name) => [name, undefined])) });
  const how = { byStranger: byStranger === true, ...(signedAt !== undefined && { at: new Date(signedAt) }) };
  return { headers: headersOf(platform.signatureOf(written, key, how)), body: written };

  function rewritten(from: string, changes: Fields): string {
    const envelope = JSON.parse(from) as Fields & { resource: Encrypted };
    const plaintext = JSON.parse(platform.decrypt(envelope.resource)) as Fields;
    const inEnvelope = (path: string) => Object.hasOwn(envelope, path.split('.')[0]!);
    const paths = Object.keys(changes);
    for (const path of paths) if (!inEnvelope(path)) set(plaintext, path, changes[path]);
    Object.assign(envelope.resource, platform.encrypt(JSON.stringify(plaintext), envelope.resource.associated_data));
    for (const path of paths) if (inEnvelope(path)) set(envelope, path, changes[path]);
    return JSON.stringify(envelope);
  }
}

/** Sets a value at `a.b`; undefined leaves it out. */
function set(target: Fields, path: string, value: unknown): void {
  const parts = path.split('.');
  const last = parts.pop()!;
  const parent = parts.reduce((at, part) => (at[part] ??= {}) as Fields, target);
  parent[last] = value;
}

const headersOf = (signature: Record<string, string>): Record<string, string> => ({
  'content-type': 'application/json',
  accept: 'application/json',
  ...signature,
});
