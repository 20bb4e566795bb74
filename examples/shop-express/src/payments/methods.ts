/** A way to pay that the shop offers. */
export interface Method {
  /** The channel that takes it. */
  readonly channel: string;
  readonly name: string;
  readonly words: string;
  readonly currency: string;
  /** The rail sends money back. Where it does not, somebody transfers it. */
  readonly sendsBack: boolean;
  /** What an order of so many satang costs here, in minor units of the currency. */
  price(satang: number): number;
}

/** What the shop takes for a yuan, in satang. Somebody sets it every morning. */
const YUAN_IN_SATANG = 485;

export const METHODS: readonly Method[] = [
  {
    channel: 'promptpay',
    name: 'PromptPay',
    words: 'Scan with any Thai bank app.',
    currency: 'THB',
    sendsBack: false,
    price: (satang) => satang,
  },
  {
    channel: 'wechat',
    name: 'WeChat Pay · 微信支付',
    words: 'In yuan, at the shop’s rate of the day.',
    currency: 'CNY',
    sendsBack: true,
    // Rounded up to the next fen, in integers.
    price: (satang) => Number((BigInt(satang) * 100n + BigInt(YUAN_IN_SATANG) - 1n) / BigInt(YUAN_IN_SATANG)),
  },
];

export const methodOf = (channel: unknown): Method => METHODS.find((one) => one.channel === channel) ?? METHODS[0]!;
