/** A message of a bank as it is read, in its order. Amounts are the text of the file; days and times too. */
export type CamtItem =
  | { readonly item: 'message'; readonly message: CamtMessage }
  | { readonly item: 'statement'; readonly statement: CamtStatement }
  | { readonly item: 'entry'; readonly entry: CamtEntry }
  | { readonly item: 'end'; readonly end: CamtEnd };

export interface CamtMessage {
  /** `camt.053.001.08`. */
  readonly type: string;
  readonly kind: CamtKind;
  readonly messageId: string;
  readonly createdAt: string;
}

/** 052: during the day. 053: at its end. 054: what happened, at once. */
export type CamtKind = '052' | '053' | '054';

/** What stands before the entries of a Stmt, Rpt or Ntfctn. */
export interface CamtStatement {
  readonly id: string;
  readonly iban?: string;
  readonly otherAccount?: string;
  readonly currency?: string;
  readonly createdAt?: string;
  /** Absent: the statement is one page. */
  readonly page?: { readonly number: number; readonly isLast: boolean };
  readonly balances: readonly CamtBalance[];
  /** TxsSummry/TtlNtries/NbOfNtries. */
  readonly entryCount?: string;
  readonly line: number;
}

export interface CamtBalance {
  /** OPBD, CLBD and so on; a bank's own code is told as it is. */
  readonly type: string;
  readonly amount: string;
  readonly currency: string;
  readonly creditDebit: CreditDebit;
  readonly date: string;
  /** The balance counts a credit line as money. */
  readonly withCreditLine: boolean;
  readonly line: number;
}

export type CreditDebit = 'CRDT' | 'DBIT';

export interface CamtEntry {
  readonly entryRef?: string;
  readonly amount: string;
  readonly currency: string;
  readonly creditDebit: CreditDebit;
  /** Absent: the file does not say, which means no. */
  readonly reversal?: boolean;
  readonly status: string;
  readonly bookingDate?: string;
  readonly valueDate?: string;
  readonly accountServicerRef?: string;
  /** BkTxCd/Domn: domain, family and sub-family. */
  readonly code?: string;
  /** How many parts the bank says that there are, told here or elsewhere. */
  readonly batchCount?: string;
  readonly additionalInformation?: string;
  readonly transactions: readonly CamtTransaction[];
  readonly line: number;
}

export interface CamtTransaction {
  readonly endToEndId?: string;
  readonly instructionId?: string;
  readonly transactionId?: string;
  readonly uetr?: string;
  readonly mandateId?: string;
  readonly accountServicerRef?: string;
  readonly amount?: string;
  readonly currency?: string;
  readonly creditDebit?: CreditDebit;
  readonly debtorName?: string;
  readonly debtorIban?: string;
  readonly debtorOtherAccount?: string;
  readonly creditorName?: string;
  readonly creditorIban?: string;
  readonly creditorOtherAccount?: string;
  readonly creditorReferences: readonly string[];
  readonly remittance: readonly string[];
  readonly additionalInformation?: string;
  readonly returnReason?: string;
}

/** What stands behind the entries. */
export interface CamtEnd {
  readonly entries: number;
}
