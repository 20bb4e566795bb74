import type { MountedRail } from './rails.js';

interface Started {
  readonly publicUrl: string;
  readonly key: string;
  readonly rails: readonly MountedRail[];
}

/** What somebody needs for a first payment: three commands to copy. */
export function banner({ publicUrl, key, rails }: Started): string {
  const api = `${publicUrl}/v1`;
  const headers = `-H "Authorization: Bearer $KEY" -H "Idempotency-Key: $RANDOM-$RANDOM" -H "Content-Type: application/json"`;
  const body = `'{"amount":{"currency":"THB","value":19900},"description":"Two bowls of noodles"}'`;
  return `
  ItPay is running, in a small shop.

    Shop      ${new URL(publicUrl).origin}
    API       ${api}
    Test key  ${key}
    Rails     ${rails.map(nameOf).join(`\n${' '.repeat(14)}`)}

  Take a payment from another terminal (bash):

    1. create it
       KEY=${key}
       PAYMENT=$(curl -s ${api}/payment-intents ${headers} -d ${body}); echo "$PAYMENT"

    2. open its pay page
       echo "$PAYMENT" | sed 's/.*"pay_url":"\\([^"]*\\)".*/\\1/'

    3. let the simulated payer pay; the page shows it at once
       curl -s ${api}/test-helpers/payment-intents/$(echo "$PAYMENT" | grep -o 'pi_[0-9a-z]*' | head -n 1)/simulate ${headers} -d '{"event":"paid"}'
${otherRails(rails)}
  Stop with Ctrl+C. Everything is kept for the next start.

`;
}

/** The name under which payments ask for the rail, and where its simulator listens. */
function nameOf({ channel, url }: MountedRail): string {
  return url === undefined ? channel : `${channel}, simulated at ${url}`;
}

/** Without a channel, a payment takes the first one that has its currency; two of these rails have the same. */
function otherRails([, ...others]: readonly MountedRail[]): string {
  if (others.length === 0) return '';
  const example = ({ channel, currency }: MountedRail) =>
    `       "amount":{"currency":"${currency}","value":500000},"channel":"${channel}"\n`;
  return `\n    The other rails: put this into the body of the first command\n\n${others.map(example).join('')}`;
}
