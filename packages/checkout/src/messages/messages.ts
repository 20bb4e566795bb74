import type { PaymentInstruction } from '@itpay/kernel';

/** Every text of the page. Another language is another object of this shape, so a text that is missing does not compile. */
export interface Messages {
  /** For the `lang` attribute and Intl. */
  readonly language: string;
  /** The language in its own words. */
  readonly name: string;
  /** Names the language switch to those who hear the page. */
  readonly chooseLanguage: string;
  /** Stands where the host gave the shop no name. */
  readonly shop: string;
  readonly payTitle: (amount: string, merchant: string) => string;
  readonly stateTitle: (state: string, merchant: string) => string;
  readonly payTo: string;
  readonly paidTo: string;
  readonly amount: string;
  readonly reference: string;
  /** Stands over what a payer types: beside a code, or where there is none. */
  readonly orTransfer: string;
  readonly transfer: string;
  readonly transferHint: string;
  readonly fields: Readonly<Record<PaymentInstruction['field'], string>>;
  /** Channels that have a name of their own in this language, by id. */
  readonly channelNames: Readonly<Record<string, string>>;
  readonly scanWith: (channelId: string, channelName: string) => string;
  /** Opens the payer's app on the phone that shows the page. */
  readonly openApp: (channelName: string) => string;
  readonly samePhone: string;
  readonly saveImage: string;
  readonly timeLeft: string;
  readonly codeOf: (channelName: string) => string;
  readonly testCode: string;
  readonly testPage: string;
  readonly checkAgain: string;
  readonly noScript: string;
  readonly connectionLost: string;
  readonly timeOver: string;
  readonly paidAt: string;
  readonly backTo: (merchant: string) => string;
  readonly poweredBy: string;
  readonly order: string;
  readonly paidWith: string;
  readonly printReceipt: string;
  readonly codeTrouble: string;
  readonly newCode: string;
  readonly newCodeShown: string;
  readonly newCodeFailed: string;
  readonly states: Readonly<Record<StateText, { readonly title: string; readonly detail: string }>>;
}

export type StateText =
  | 'waiting'
  | 'scanned'
  | 'preparing'
  | 'checking'
  | 'processing'
  | 'paid'
  | 'expired'
  | 'cancelled'
  | 'failed'
  /** The link is broken or has ended. */
  | 'missing'
  /** The address is right, and this browser has no right to see it. */
  | 'locked';
