import { isCurrency, isId, ItPayError, MAX_WIRE_AMOUNT } from '@itpay/core';
import { validate } from '@itpay/kernel';
import { z } from 'zod';

/** A positive amount as it stands in a request: integer minor units. */
export const amountSchema = z
  .strictObject(
    {
      currency: z
        .string({ error: 'CURRENCY_INVALID' })
        .refine(isCurrency, { error: 'CURRENCY_INVALID' })
        .meta({ description: 'ISO 4217, upper case', example: 'THB' }),
      value: z
        .int({ error: 'AMOUNT_INVALID' })
        .min(1, { error: 'AMOUNT_INVALID' })
        .max(Number(MAX_WIRE_AMOUNT), { error: 'AMOUNT_INVALID' })
        .meta({ description: 'Integer in minor units: 19900 is 199.00 THB', example: 19900 }),
    },
    { error: (issue) => (issue.code === 'invalid_type' ? 'AMOUNT_INVALID' : undefined) },
  )
  .meta({ id: 'Amount' });

const METADATA_KEY = /^[A-Za-z0-9_-]{1,64}$/;
const METADATA_BYTES = 4_096;

// JSON can spell the key __proto__, which a record drops without a word.
const ownPrototypeKey = (value: unknown) =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__');

const REFUSED = 'a key of the metadata';

const metadataRecord = z
  .record(z.string(), z.string({ error: 'METADATA_INVALID' }), { error: 'METADATA_INVALID' })
  .refine((metadata) => Object.keys(metadata).length <= 50, { error: 'METADATA_INVALID' })
  .refine((metadata) => Object.keys(metadata).every((key) => METADATA_KEY.test(key)), { error: 'METADATA_INVALID' })
  .refine((metadata) => Object.values(metadata).every(storable), { error: 'METADATA_INVALID' })
  .refine((metadata) => new TextEncoder().encode(JSON.stringify(metadata)).length <= METADATA_BYTES, {
    error: 'METADATA_INVALID',
  });

export const metadataSchema = z
  .preprocess((value) => (ownPrototypeKey(value) ? REFUSED : value), metadataRecord)
  .meta({ description: 'Up to 50 strings of your own; at most 4 kB together', example: { cart: 'c-17' } });

// PostgreSQL text cannot hold U+0000, and a lone surrogate is no character at all.
const storable = (value: string) => !value.includes('\0') && value.isWellFormed();
const text = (max: number) =>
  z.string().trim().min(1).max(max).refine(storable, { message: 'it holds a character that cannot be stored' });

const payerSchema = z
  .strictObject({
    agent_id: z
      .string()
      .refine((id) => isId('agent', id))
      .optional(),
    human_id: z
      .string()
      .refine((id) => isId('human', id))
      .optional(),
  })
  .refine((payer) => payer.agent_id !== undefined || payer.human_id !== undefined, {
    message: 'give agent_id, human_id or both',
  });

// A URL parser forgives what a browser, a header or the database would not: a missing "//", line ends, U+0000. Whoever
// sees "bank.example@" in front of a host takes it for the host.
function isWebUrl(value: string): boolean {
  if (!/^https?:\/\/[^\p{Cc}]+$/iu.test(value) || !value.isWellFormed() || !URL.canParse(value)) return false;
  const { username, password } = new URL(value);
  return username === '' && password === '';
}

/** The body of `POST /v1/payment-intents`. */
export const createIntentBody = z
  .strictObject({
    amount: amountSchema,
    type: z.literal('one_time').optional(),
    description: text(500).optional().meta({ description: 'Shown to the payer', example: 'Two bowls of noodles' }),
    order_reference: text(64).optional().meta({ description: 'Your own order number', example: 'order-1001' }),
    payer: payerSchema.optional(),
    channel: text(40).optional().meta({
      description: 'The rail. Left out, with allowed_channels: the first configured one that can take the payment',
      example: 'promptpay',
    }),
    allowed_channels: z
      .array(text(40))
      .min(1)
      .max(10)
      .refine((names) => new Set(names).size === names.length, { message: 'a channel stands in it twice' })
      .optional()
      .meta({
        description:
          'Rails, the preferred first; `channel`, when given too, is one of them and comes first. The next one takes over ' +
          'while no QR was shown, when one certainly did not open the order',
      }),
    capture_method: z.enum(['automatic', 'manual']).optional(),
    confirm_duplicate: z.boolean().optional().meta({
      description: 'Makes a second payment for the same purchase on purpose',
    }),
    expires_in: z
      .int()
      .min(60)
      .max(7 * 86_400)
      .optional()
      .meta({ description: 'Seconds until the payment expires. Left out: what is usual on the rail, mostly 900' }),
    metadata: metadataSchema.optional(),
    return_url: z
      .string({ error: 'URL_INVALID' })
      .max(2_048, { error: 'URL_INVALID' })
      .refine(isWebUrl, { error: 'URL_INVALID' })
      .optional()
      .meta({ description: 'Where the pay page sends the payer afterwards', example: 'https://shop.example/thanks' }),
  })
  .meta({ id: 'CreatePaymentIntent' });

export type CreateIntentBody = z.infer<typeof createIntentBody>;

/** The same for a host in its own process. Amounts may be bigint or number, in minor units. */
export interface CreateIntentInput {
  readonly amount: { readonly currency: string; readonly value: bigint | number };
  readonly description?: string;
  readonly orderReference?: string;
  readonly payer?: { readonly agentId?: string; readonly humanId?: string };
  /** The rail. Left out, with `allowedChannels`: the first configured one that can take the payment. */
  readonly channel?: string;
  /** Rails, the preferred first: the next one takes over while no QR was shown. `channel` is one of them. */
  readonly allowedChannels?: readonly string[];
  readonly captureMethod?: 'automatic' | 'manual';
  /** Makes a second payment for the same purchase on purpose. */
  readonly confirmDuplicate?: boolean;
  /** Seconds. */
  readonly expiresIn?: number;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly returnUrl?: string;
}

/**
 * Checks a host's input by the rules of the wire.
 *
 * @throws ItPayError naming the field in its wire spelling
 */
export function toBody(input: CreateIntentInput): CreateIntentBody {
  const { amount, payer } = input;
  return validate(createIntentBody, {
    ...toWireNames(input, FIELDS, ''),
    // An unsafe integer stays one as a number, so it is refused below and not rounded.
    ...(typeof amount?.value === 'bigint' && { amount: { ...amount, value: Number(amount.value) } }),
    ...(isObject(payer) && { payer: toWireNames(payer, PAYER_FIELDS, 'payer.') }),
  });
}

const FIELDS = new Map([
  ['orderReference', 'order_reference'],
  ['allowedChannels', 'allowed_channels'],
  ['captureMethod', 'capture_method'],
  ['confirmDuplicate', 'confirm_duplicate'],
  ['expiresIn', 'expires_in'],
  ['returnUrl', 'return_url'],
]);
const PAYER_FIELDS = new Map([
  ['agentId', 'agent_id'],
  ['humanId', 'human_id'],
]);

// A host without a compiler may write a wire name; dropping it would lose the order number, say, without a word.
function toWireNames(object: object, names: ReadonlyMap<string, string>, path: string): object {
  for (const [ours, wire] of names) {
    if (!Object.hasOwn(object, wire)) continue;
    throw new ItPayError('PARAMETER_UNKNOWN', {
      message: `The parameter "${path}${wire}" is not known here. In a call within the process it is "${ours}".`,
      param: path + wire,
    });
  }
  const given = Object.entries(object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [names.get(name) ?? name, value]));
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
