/** A message of a bank as it is read, in its order. Amounts are plain decimals with a point. */
export type Mt940Item =
  | { readonly item: 'statement'; readonly statement: Mt940Statement }
  | { readonly item: 'line'; readonly line: Mt940Line }
  | { readonly item: 'end'; readonly end: Mt940End };

/** What stands before the lines. */
export interface Mt940Statement {
  /** Field 20; many banks write the same word into each. */
  readonly reference: string;
  readonly account: string;
  /** Field 28C: statement and page, `5/1`. */
  readonly number: string;
  readonly opening?: Mt940Balance;
  /** 60M: it goes on from another page. */
  readonly openingType?: '60F' | '60M';
  /** Field 34F of MT942, which has no balances. */
  readonly floorCurrency?: string;
  /** Field 13D of MT942: when it was made. */
  readonly madeAt?: string;
  readonly line: number;
}

export interface Mt940Balance {
  readonly mark: 'C' | 'D';
  readonly date: string;
  readonly currency: string;
  readonly amount: string;
}

/** R: the line takes back one of the other direction. E: expected, told by some banks in MT942. */
export type Mt940Mark = 'C' | 'D' | 'RC' | 'RD' | 'EC' | 'ED';

export interface Mt940Line {
  /** As the bank counts: 30 February is a day of a year of twelve equal months. */
  readonly valueDate: string;
  readonly entryDateMMDD?: string;
  readonly mark: Mt940Mark;
  readonly fundsCode?: string;
  readonly amount: string;
  readonly typeCode: string;
  readonly customerRef?: string;
  readonly bankRef?: string;
  /** The line below `:61:`. */
  readonly supplementary?: string;
  /** Each `:86:` of it, its lines divided by line feeds. */
  readonly info: readonly string[];
  readonly line: number;
}

/** What stands behind the lines. */
export interface Mt940End {
  readonly closing?: Mt940Balance;
  /** 62M: it goes on on another page. */
  readonly closingType?: '62F' | '62M';
  /** Fields 90C and 90D of MT942: what the lines sum up to. */
  readonly sums: readonly Mt940Sum[];
}

export interface Mt940Sum {
  readonly mark: 'C' | 'D';
  readonly count: number;
  readonly currency: string;
  readonly amount: string;
  readonly line: number;
}
