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
