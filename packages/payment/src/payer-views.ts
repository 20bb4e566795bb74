import { isClosed } from './intent/machine.js';
import type { PayerView } from './payer-view.js';
import { qrSvg } from './qr-charge/image.js';
import type { PaymentServices } from './services.js';

/** A display token ends a day after its intent. */
const SHOWN_AFTER_CLOSE_MS = 24 * 3_600_000;

/** What a payer may see of an intent. Null when there is none, or when it was closed more than a day ago. */
export async function payerView(deps: PaymentServices, intentId: string): Promise<PayerView | null> {
  const found = await deps.store.findForPayer(intentId);
  if (found === null) return null;
  const { intent, qr } = found;
  const closedFor = intent.closedAt === null ? 0 : deps.clock.now().getTime() - intent.closedAt.getTime();
  if (isClosed(intent.status) && closedFor > SHOWN_AFTER_CLOSE_MS) return null;
  const account = await deps.accounts.find(intent.account);
  const channel = deps.channels.get(intent.channel, intent.livemode ? 'live' : 'test');
  return {
    intentId,
    livemode: intent.livemode,
    status: intent.status,
    amount: intent.amount,
    description: intent.description,
    orderReference: intent.orderReference,
    merchantName: account?.name ?? '',
    channel: { id: intent.channel, displayName: channel?.displayName ?? intent.channel },
    version: intent.version,
    expiresAt: intent.expiresAt,
    succeededAt: intent.succeededAt,
    returnUrl: intent.returnUrl,
    qr: qr && {
      chargeId: qr.id,
      svg: qrSvg(qr.qrData, { test: !intent.livemode }),
      deepLink: channel?.deepLink?.(qr.qrData) ?? null,
      scannable: qr.qrStandard !== 'text',
      instructions: channel?.instructions?.(qr.qrData) ?? [],
    },
  };
}
