// The words of QRIS and of SNAP, the national standard for payment APIs.
// Tags: the profile of EMVCo's merchant-presented codes by Bank Indonesia and ASPI. SNAP: https://apidevportal.aspi-indonesia.or.id
// (service codes and response codes) and the pages of the acquirers named in profile.ts (read 2026-11-22).

export const PAYLOAD_FORMAT = { tag: '00', value: '01' } as const;
export const POINT_OF_INITIATION = { tag: '01', static: '11', dynamic: '12' } as const;

/** Accounts of acquirers. */
export const ACCOUNTS = { first: 26, last: 45 } as const;
export const ACCOUNT = { gui: '00', pan: '01', merchantId: '02', criteria: '03' } as const;
/** Person-to-person transfers have their account here; no merchant is behind it. */
export const TRANSFER_ACCOUNT = '40';
/** Its national number names the merchant across acquirers. */
export const NATIONAL = { tag: '51', gui: '00', guiValue: 'ID.CO.QRIS.WWW', nmid: '02', criteria: '03' } as const;

export const MCC = '52';
export const CURRENCY = { tag: '53', rupiah: '360' } as const;
export const AMOUNT = '54';
export const TIP = {
  tag: '55',
  prompt: '01',
  fixed: '02',
  percent: '03',
  fixedAmount: '56',
  percentage: '57',
} as const;
export const COUNTRY = { tag: '58', indonesia: 'ID' } as const;
export const NAME = { tag: '59', maxLength: 25 } as const;
export const CITY = { tag: '60', maxLength: 15 } as const;
export const POSTAL_CODE = '61';
export const ADDITIONAL = { tag: '62', purpose: '08', dataRequest: '09', proprietary: '99', maxLength: 25 } as const;

/** What a transfer between persons or at a cash machine is for; in 62-08. */
export const TRANSFER_PURPOSES: readonly string[] = ['BOOK', 'DMCT', 'XBCT', 'CWDL', 'CDPT', 'PYMT'];

/** The size of the merchant: micro, small, medium, large, and those with a public task. */
export const CRITERIA: readonly string[] = ['UMI', 'UKE', 'UME', 'UBE', 'URE', 'PSO', 'BLU'];

/** The headers of SNAP, as they are received; HTTP does not mind about their case. */
export const HEADERS = {
  timestamp: 'x-timestamp',
  signature: 'x-signature',
  clientKey: 'x-client-key',
  partnerId: 'x-partner-id',
  externalId: 'x-external-id',
  channelId: 'channel-id',
  authorization: 'authorization',
  origin: 'origin',
} as const;

/** The service codes of SNAP: the middle two digits of a response code. */
export const SERVICES = { token: '73', generate: '47', query: '51', notify: '52', cancel: '77', refund: '78' } as const;

/** The word for what became of an order: `latestTransactionStatus`. */
export const STATUS = {
  success: '00',
  initiated: '01',
  paying: '02',
  pending: '03',
  refunded: '04',
  cancelled: '05',
  failed: '06',
  /** Of the payment, and not of the code: nobody has paid yet. */
  notFound: '07',
} as const;

/** Where acquirers ask us for a token, below the mount. */
export const TOKEN_PATH = '/v1.0/access-token/b2b';
