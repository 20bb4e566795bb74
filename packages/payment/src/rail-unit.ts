import { exponentOf, ItPayError, type Money } from '@itpay/core';
import type { Channel } from '@itpay/kernel';

/** The smallest step of a rail, in minor units of ISO 4217: 100 where it counts whole rupiah. */
export function railUnit({ exponentOverrides }: Pick<Channel, 'exponentOverrides'>, currency: string): bigint {
  const exponent = exponentOf(currency);
  return 10n ** BigInt(exponent - (exponentOverrides?.[currency] ?? exponent));
}

/** @throws ItPayError `AMOUNT_PRECISION_UNSUPPORTED` for an amount between two steps of the rail; nothing is rounded */
export function requireRailUnit(channel: Pick<Channel, 'id' | 'exponentOverrides'>, { value, currency }: Money): void {
  const unit = railUnit(channel, currency);
  if (value % unit === 0n) return;
  throw new ItPayError('AMOUNT_PRECISION_UNSUPPORTED', {
    message: `The channel "${channel.id}" moves ${currency} in steps of ${unit} minor units.`,
    param: 'amount.value',
    details: { channel: channel.id, step: Number(unit) },
  });
}
