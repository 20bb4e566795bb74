import { formatDecimal } from '@itpay/core';
import type { RailReply } from '../kit/server.js';
import { bangkokTime } from './bangkok-time.js';
import type { Payment } from './book.js';
import { changedQr } from './qr.js';

/** SCB among the banks of Thailand: the simulated payer has an account there too. */
export const SCB_BANK = '014';

/** A payment as inquiries and confirmations tell it. */
export function paymentToWire(payment: Payment, { billerId }: { readonly billerId: string }): Record<string, unknown> {
  return {
    payeeProxyId: billerId,
    payeeProxyType: 'BILLERID',
    payeeAccountNumber: '1110000000',
    payeeName: 'Simulated Shop',
    payerProxyId: '',
    payerProxyType: '',
    payerAccountNumber: '1110000001',
    payerName: 'Simulated Payer',
    sendingBankCode: SCB_BANK,
    receivingBankCode: SCB_BANK,
    amount: formatDecimal(payment.satang, 2),
    transactionId: payment.transactionId,
    transactionDateandTime: bangkokTime(payment.paidAt),
    billPaymentRef1: payment.ref1,
    billPaymentRef2: payment.ref2 ?? '',
    billPaymentRef3: payment.ref3,
    currencyCode: '764',
    channelCode: 'PMH',
    transactionType: 'Domestic Transfers',
  };
}

type Data = { qrRawData?: string } | Record<string, unknown>[];

const QR_FIELD = { reference: ['30.02', 'ANOTHER1'], amount: ['54', '1.23'], currency: ['53', '840'] } as const;
const ROW_FIELD = {
  reference: { billPaymentRef1: 'ANOTHER1' },
  amount: { amount: '1.23' },
  currency: { currencyCode: '840' },
} as const;

/** The same answer about another order, amount or currency. */
export function falsify(reply: RailReply, what: 'reference' | 'amount' | 'currency'): RailReply {
  const content = JSON.parse(reply.body.toString()) as { data?: Data };
  const { data } = content;
  if (Array.isArray(data)) content.data = data.map((row) => ({ ...row, ...ROW_FIELD[what] }));
  else if (typeof data?.qrRawData === 'string') {
    const [path, value] = QR_FIELD[what];
    content.data = { ...data, qrRawData: changedQr(data.qrRawData, path, value) };
  }
  return { ...reply, body: JSON.stringify(content) };
}
