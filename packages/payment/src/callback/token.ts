import { channelInstanceKey, type Channel, type Secrets } from '@itpay/kernel';

const PURPOSE = 'callback-token';
const MAC_BYTES = 16;

/**
 * What stands in the URL that we give to a rail: it selects the channel instance, and proves nothing. It is signed only so
 * that a stranger cannot guess which instances there are.
 */
export class CallbackTokens {
  readonly #secrets: Secrets;

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  /** The same for an instance until `secretKey` changes: a rail may keep the URL for days. */
  issue(channel: Channel): string {
    return this.#secrets.sign(PURPOSE, channelInstanceKey(channel)).subarray(0, MAC_BYTES).toString('base64url');
  }

  selects(token: string, channel: Channel): boolean {
    const signature = Buffer.from(token, 'base64url');
    // Decoding is lenient; a token has one spelling.
    if (signature.length !== MAC_BYTES || signature.toString('base64url') !== token) return false;
    return this.#secrets.verify(PURPOSE, channelInstanceKey(channel), signature);
  }
}

/** Where a rail shall tell us about the orders of an instance. */
export function callbackUrl(
  { publicUrl }: { readonly publicUrl: string },
  tokens: Pick<CallbackTokens, 'issue'>,
  channel: Channel,
): string {
  return `${publicUrl}/v1/channels/${channel.id}/callback/${tokens.issue(channel)}`;
}
