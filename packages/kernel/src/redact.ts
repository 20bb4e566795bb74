import type { LogFields, Logger } from './ports/logger.js';
import { traceFields } from './telemetry/telemetry.js';

const REDACTED = '[redacted]';
const MAX_DEPTH = 6;
const MAX_ENTRIES = 100;
const MAX_TEXT = 8_000;

/** Fields whose value is secret whatever it looks like; compared without case, `_` and `-`. */
const SECRET_NAMES: ReadonlySet<string> = new Set(
  [
    'authorization proxyauthorization cookie setcookie token accesstoken displaytoken bearer',
    'secret secretkey clientsecret webhooksecret password passphrase otp connectionstring databaseurl',
    'apikey apiv3key privatekey signingkey credential credentials',
    'signature sign xsignature webhooksignature wechatpaysignature',
    'qr qrdata qrcode qrpayload qrstring scanurl codeurl payurl deeplink',
    'raw rawbody rawcallback body payload',
  ].flatMap((names) => names.split(' ')),
);
const SECRET_ENDING = /(?:secret|password|privatekey|apikey|accesstoken|signature|credentials)$/;

/** Texts that are secret wherever they stand, with what is left of them. */
const SECRET_TEXTS: readonly (readonly [RegExp, string])[] = [
  [/\bitpay_(live|test)_[A-Za-z0-9_-]{6,}/g, `itpay_$1_${REDACTED}`],
  [/\bwhs(ec|k)_[A-Za-z0-9+/=_-]+/g, `whs$1_${REDACTED}`],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9+/=._~-]+/gi, `$1 ${REDACTED}`],
  [/([?&](?:t|token|sign|signature|key)=)[^&\s"'#]+/gi, `$1${REDACTED}`],
  [/(\/callback\/)[A-Za-z0-9_-]+/g, `$1${REDACTED}`],
  [/([a-z][a-z0-9+.-]*:\/\/)[^/\s:@"']*:[^\s"'/]+@/gi, `$1${REDACTED}@`],
  [/-----BEGIN [A-Z ]+-----[\s\S]*?(?:-----END [A-Z ]+-----|$)/g, REDACTED],
  // What wallets read: EMVCo's payload begins with "000201", those of WeChat Pay and Alipay are links.
  [/\b00020[0-9A-Z]{2}\d{2}[^\s"']{12,}/gi, REDACTED],
  [/\b(?:weixin|wxp|alipays?):\/\/[^\s"']+/gi, REDACTED],
  [/https:\/\/qr\.alipay\.com\/[^\s"']+/gi, REDACTED],
  // Long and random: keys, signatures, tokens. Ids of ours have at most 33 characters.
  [/(?<![A-Za-z0-9+_=-])(?=[A-Za-z_+=-]*\d)[A-Za-z0-9+_=-]{40,}/g, REDACTED],
];

/** Takes secrets out of texts and values. */
export interface Redactor {
  text(text: string): string;
  /** A plain copy, bounded in depth and size, with errors as objects. */
  value(value: unknown): unknown;
}

/**
 * @param secrets texts that must never show, beyond those that are known by their name or look; at least 8 characters. A
 *   function where they may become more
 */
export function redactor(secrets: readonly string[] | (() => readonly string[]) = []): Redactor {
  const listed = typeof secrets === 'function' ? secrets : () => secrets;
  const text = (given: string): string => {
    let left = given.length > MAX_TEXT ? `${given.slice(0, MAX_TEXT)}…` : given;
    for (const secret of listed()) if (secret.length >= 8) left = left.replaceAll(secret, REDACTED);
    for (const [pattern, instead] of SECRET_TEXTS) left = left.replace(pattern, instead);
    return left;
  };

  const value = (given: unknown, depth: number, above: readonly object[]): unknown => {
    if (typeof given === 'string') return text(given);
    if (typeof given === 'bigint') return given.toString();
    if (typeof given === 'function' || typeof given === 'symbol') return `[${typeof given}]`;
    if (typeof given !== 'object' || given === null) return given;
    if (given instanceof Date) return Number.isNaN(given.getTime()) ? null : given.toISOString();
    if (ArrayBuffer.isView(given) || given instanceof ArrayBuffer) return `[${given.byteLength} bytes]`;
    if (above.includes(given)) return '[circular]';
    if (depth >= MAX_DEPTH) return '[deeper]';
    const inner = [...above, given];
    const next = (one: unknown) => value(one, depth + 1, inner);

    if (given instanceof Error) return errorOf(given, text, next);
    if (Array.isArray(given)) return given.slice(0, MAX_ENTRIES).map(next);
    if (given instanceof Map || given instanceof Set) return `[${given.size} entries]`;
    return Object.fromEntries(
      Object.entries(given)
        .slice(0, MAX_ENTRIES)
        .map(([name, one]) => [name, isSecretName(name) && holdsSomething(one) ? REDACTED : next(one)]),
    );
  };
  return { text, value: (given) => value(given, 0, []) };
}

/**
 * Stands before the logger: takes secrets out of fields and messages, in this one place, and says in which trace and
 * request a line was written. A line that cannot be written is dropped: logging never breaks what it tells about.
 *
 * @param secrets see `redactor`
 */
export function redactingLogger(port: Logger, secrets: readonly string[] | (() => readonly string[]) = []): Logger {
  const redact = redactor(secrets);
  const writer = (level: 'debug' | 'info' | 'warn' | 'error') => (fields: LogFields, message: string) => {
    try {
      if (port.isLevelEnabled?.(level) === false) return;
      port[level]({ ...traceFields(), ...(redact.value(fields) as object) }, redact.text(message));
    } catch {
      // Nobody is left to tell.
    }
  };
  return {
    debug: writer('debug'),
    info: writer('info'),
    warn: writer('warn'),
    error: writer('error'),
    isLevelEnabled: (level) => port.isLevelEnabled?.(level) ?? true,
  };
}

function errorOf(error: Error, text: (text: string) => string, next: (value: unknown) => unknown): object {
  const { name, message, stack, cause } = error;
  const { code, details, errors } = error as { code?: unknown; details?: unknown; errors?: unknown };
  return {
    type: name,
    message: text(message),
    ...(code !== undefined && { code: next(code) }),
    ...(details !== undefined && { details: next(details) }),
    ...(stack !== undefined && { stack: text(stack) }),
    ...(cause !== undefined && { cause: next(cause) }),
    ...(Array.isArray(errors) && { errors: next(errors) }),
  };
}

function isSecretName(name: string): boolean {
  const plain = name.toLowerCase().replaceAll(/[_-]/g, '');
  return SECRET_NAMES.has(plain) || SECRET_ENDING.test(plain);
}

// Whether there was one may matter to whoever reads.
const holdsSomething = (value: unknown) => value !== null && value !== undefined && typeof value !== 'boolean';

/**
 * What may be logged of an error that a channel's code threw for a reason of its own: its name, its code and where it was
 * thrown. Its message stays out, because it may repeat what the channel was given or what its rail said.
 */
export function withoutMessage(error: unknown): { type: string; code?: string; at?: readonly string[] } {
  if (!(error instanceof Error)) return { type: typeof error };
  const { name, stack = '' } = error;
  const { code } = error as { code?: unknown };
  return {
    type: name,
    ...(typeof code === 'string' && /^\w{1,40}$/.test(code) && { code }),
    at: stack
      .split('\n')
      .filter((line) => /^\s+at /.test(line))
      .slice(0, 8)
      .map((line) => line.trim()),
  };
}
