import { mod97 } from './mod97.js';

/**
 * An account number as people and files write it, in its electronic form: `de89 3704 …` is `DE893704…`.
 *
 * @returns null when it is no IBAN: other characters, a length that its country does not have, or wrong check digits
 */
export function readIban(text: string): string | null {
  const iban = text.replace(/[\s\u00a0-]/g, '').toUpperCase();
  if (!/^[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}$/.test(iban)) return null;
  const length = LENGTHS[iban.slice(0, 2)];
  if (length !== undefined && iban.length !== length) return null;
  // 00, 01 and 99 leave the right remainder as well, and no bank issues them. (ISO 13616: 02 to 98)
  if (!/^(?!00|01|99)/.test(iban.slice(2, 4))) return null;
  return mod97(iban.slice(4) + iban.slice(0, 4)) === 1 ? iban : null;
}

/** In groups of four, as it stands on paper. */
export function formatIban(iban: string): string {
  return iban.replace(/(.{4})(?=.)/g, '$1 ');
}

/** Whether a SEPA credit transfer reaches an account in this country. */
export function isSepaCountry(iban: string): boolean {
  return SEPA.has(iban.slice(0, 2));
}

// The lengths of the SWIFT IBAN registry (https://www.swift.com/resource/iban-registry-pdf). A country that is not here is taken at any length.
const LENGTHS: Readonly<Record<string, number>> = Object.fromEntries(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 ' +
    'FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 ' +
    'LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 ' +
    'RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

// European Payments Council, EPC409-09: the list of SEPA scheme countries, by the letters that their IBANs begin with.
const SEPA: ReadonlySet<string> = new Set(
  (
    'AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS SE ' +
    'SI SK SM VA'
  ).split(' '),
);
