// The fields of a static Pix code, a profile of EMVCo's merchant-presented codes that Brazil calls BR Code. They stand in the
// central bank's manual, in the chapter on static codes:
// https://www.bcb.gov.br/content/estabilidadefinanceira/pix/Regulamento_Pix/II_ManualdePadroesparaIniciacaodoPix.pdf

export const PAYLOAD_FORMAT = { tag: '00', value: '01' } as const;

export const ACCOUNT = { tag: '26', system: { tag: '00', value: 'br.gov.bcb.pix' }, key: '01' } as const;

/** Every code has one, and `0000` names no category. */
export const CATEGORY = { tag: '52', none: '0000' } as const;

export const CURRENCY = { tag: '53', real: '986' } as const;

export const AMOUNT = '54';

export const COUNTRY = { tag: '58', brazil: 'BR' } as const;

export const NAME = { tag: '59', maxLength: 25 } as const;

export const CITY = { tag: '60', maxLength: 15 } as const;

/** Where our order number goes. The payee's bank shows it beside the payment. */
export const TXID = { tag: '62', child: '05', maxLength: 25 } as const;

/**
 * A bank's table of Pix payments. Every bank has columns of its own; these are the words that all of them need: `E`, eight
 * digits of the payer's bank, the minute, and eleven more characters.
 */
export const STATEMENT = {
  header: 'data;valor;endToEndId;txid',
  time: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:Z|[+-]\d{2}:\d{2})$/,
  amount: /^(-?)((?:0|[1-9]\d{0,2}(?:\.\d{3})*)),(\d{2})$/,
  endToEndId: /^E\d{8}\d{12}[0-9A-Za-z]{11}$/,
  longestLine: 10_000,
} as const;
