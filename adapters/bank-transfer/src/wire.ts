// The words of the codes that ask for a bank transfer. EPC069-12 is a text of lines; the others are profiles of EMVCo's
// merchant-presented codes. Fields: EPC069-12 v2.1 (European Payments Council); NAPAS VietQR; ABS PayNow; PayNet DuitNow, as
// https://github.com/xuannghia/vietnam-qr-pay, https://github.com/chewhx/paynowqr, https://github.com/heuer/segno and
// printed codes show them (read 2026-11-22).

export const EPC = {
  serviceTag: 'BCD',
  identification: 'SCT',
  versions: ['001', '002'],
  /** By the number in line 3. Names are those of the Encoding Standard, where ISO 8859-1 is handled by itself. */
  characterSets: {
    1: 'utf-8',
    2: 'iso-8859-1',
    3: 'iso-8859-2',
    4: 'iso-8859-4',
    5: 'iso-8859-5',
    6: 'iso-8859-7',
    7: 'iso-8859-10',
    8: 'iso-8859-15',
  },
  maxBytes: 331,
  lengths: { name: 70, purpose: 4, reference: 35, text: 140, information: 70 },
} as const;

/** What the EMVCo profiles share. */
export const PAYLOAD_FORMAT = '00';
export const POINT_OF_INITIATION = { tag: '01', reusable: '11', oneTime: '12' } as const;
export const CATEGORY = { tag: '52', none: '0000' } as const;
export const CURRENCY = '53';
export const AMOUNT = { tag: '54', maxLength: 13 } as const;
export const COUNTRY = '58';
export const NAME = { tag: '59', maxLength: 25 } as const;
export const CITY = { tag: '60', maxLength: 15 } as const;
export const ADDITIONAL_DATA = { tag: '62', bill: '01', reference: '05', purpose: '08', maxLength: 25 } as const;
/** In every account template. */
export const IDENTIFIER = '00';

export const VIETQR = {
  tag: '38',
  identifier: 'A000000727',
  beneficiary: { tag: '01', bank: '00', account: '01' },
  service: { tag: '02', account: 'QRIBFTTA', card: 'QRIBFTTC' },
  payloadFormat: '01',
  currency: 'VND',
  country: 'VN',
} as const;

export const PAYNOW = {
  tag: '26',
  identifier: 'SG.PAYNOW',
  proxyType: { tag: '01', mobile: '0', uen: '2' },
  proxy: '02',
  editable: { tag: '03', yes: '1', no: '0' },
  expiry: '04',
  payloadFormat: '01',
  currency: 'SGD',
  country: 'SG',
} as const;

export const DUITNOW = {
  tag: '26',
  identifier: 'A0000006150001',
  acquirer: '01',
  account: '02',
  /** Printed codes have 02 where EMVCo writes 01. */
  payloadFormat: '02',
  currency: 'MYR',
  country: 'MY',
} as const;
