import { crc16, writeTlv } from '@itpay/core';

/** The small code on a slip: it names a transfer by the sending bank and that bank's number. */
export function slipOf({ sendingBank, transRef }: { readonly sendingBank: string; readonly transRef: string }): string {
  const body = `${writeTlv([
    [
      '00',
      [
        ['00', '000001'],
        ['01', sendingBank],
        ['02', transRef],
      ],
    ],
    ['51', 'TH'],
  ])}9104`;
  return body + crc16(body);
}
