import { isOpen, type PayerView } from '@itpay/payment';

/** What the payer is told. Open until the server says otherwise; `checking` is open with its time over. */
export type PageState =
  'waiting' | 'scanned' | 'preparing' | 'checking' | 'processing' | 'paid' | 'expired' | 'cancelled' | 'failed';

/** Decides what to show. A code is shown in `waiting` and `scanned` alone. */
export function pageStateOf({ status, qr, expiresAt }: PayerView, now: Date): PageState {
  switch (status) {
    case 'pending':
    case 'qr_generated':
    case 'scanning':
      // An intent stays open a little beyond its time while the rail is asked once more. Nobody should pay it then.
      if (now >= expiresAt) return 'checking';
      if (qr === null) return 'preparing';
      return status === 'scanning' ? 'scanned' : 'waiting';
    case 'authorized':
      return 'processing';
    case 'captured': // the money is there; only our books are still open
    case 'succeeded':
      return 'paid';
    default:
      return status;
  }
}

export const showsCode = (state: PageState): boolean => state === 'waiting' || state === 'scanned';

/** The server will have news by itself, so the page waits for them. */
export const isLive = (state: PageState, { status }: PayerView): boolean => isOpen(status) || state === 'processing';
