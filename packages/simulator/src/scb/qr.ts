import { readEmvco, writeEmvco, type EmvcoInput, type TlvField } from '@itpay/core';

/** What a code asks for, in SCB's words. Baht with two decimals. */
export interface QrContent {
  readonly ppId: string;
  readonly amount: string;
  readonly ref1: string;
  readonly ref2?: string | undefined;
  readonly ref3: string;
}

/** Thai QR with tag 30. The country stands before the currency and the amount, as in codes of other issuers than ours. */
export function qrOf({ ppId, amount, ref1, ref2, ref3 }: QrContent): string {
  const bill: EmvcoInput[] = [
    ['00', 'A000000677010112'],
    ['01', ppId],
    ['02', ref1],
    ...(ref2 === undefined ? [] : [['03', ref2] as const]),
  ];
  return writeEmvco([
    ['00', '01'],
    ['01', '12'],
    ['30', bill],
    ['58', 'TH'],
    ['53', '764'],
    ['54', amount],
    ['62', [['07', ref3]]],
  ]);
}

/** The same code with another value at a path such as `30.02`, and the checksum that fits. */
export function changedQr(payload: string, path: string, value: string): string {
  const reading = readEmvco(payload, { mode: 'strict' });
  if (!reading.ok) throw new Error(reading.reason);
  const inputs = (fields: readonly TlvField[], above: string): EmvcoInput[] =>
    fields.map(({ tag, value: old, children }) => {
      if (above + tag === path) return [tag, value];
      return [tag, children === undefined ? old : inputs(children, `${above}${tag}.`)];
    });
  return writeEmvco(
    inputs(
      reading.fields.filter(({ tag }) => tag !== '63'),
      '',
    ),
  );
}
