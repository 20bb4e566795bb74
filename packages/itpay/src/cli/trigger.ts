import { Command } from './command.js';
import { withClient, withConnection, type Client } from './client.js';
import { CommandError, UsageError } from './errors.js';
import { print, say, table } from './output.js';

/** Makes something happen in test mode, so that its events do. */
export function triggerCommand(): Command {
  return withConnection(new Command('trigger'), { modes: false })
    .argument('[event]', 'payment_intent.succeeded, …')
    .description('make an event happen in test mode: it creates a payment and lets the simulated payer act')
    .option('--list', 'print the events that can be made to happen')
    .addHelpText(
      'after',
      '\nExamples:\n  itpay trigger payment_intent.succeeded\n  itpay trigger --list\n' +
        '  ITPAY_API_KEY=itpay_test_… itpay trigger refund.succeeded --url http://localhost:3000/itpay\n',
    )
    .action(async (event: string | undefined, options: TriggerOptions, command: Command) => {
      if (options.list === true) return printList(options.json);
      const [, , steps] = TRIGGERS.find(([name]) => name === event) ?? [];
      if (event === undefined || steps === undefined) {
        const what = event === undefined ? 'Say which event.' : `"${event}" cannot be made to happen.`;
        throw new UsageError(`${what} "itpay trigger --list" has those that can.`);
      }
      await withClient(command, async (client) => {
        const made = await steps(client, await simulatedChannel(client));
        print(options.json, { event, ...made }, [
          ...Object.entries(made).map(([object, id]) => `${object}  ${id}`),
          `${event} has happened.`,
        ]);
      });
    });
}

interface TriggerOptions {
  readonly list?: boolean;
  readonly json?: boolean;
}

interface Channel {
  readonly id: string;
  readonly currency: string;
  /** In minor units; enough of them to pay half. */
  readonly value: number;
}

type Made = Readonly<Record<string, string>>;
type Steps = (client: Client, channel: Channel) => Promise<Made>;

const created: Steps = async (client, channel) => ({ payment_intent: (await createIntent(client, channel)).id });
const after =
  (simulated: string): Steps =>
  async (client, channel) => {
    const { id } = await createIntent(client, channel);
    await simulate(client, id, simulated);
    return { payment_intent: id };
  };

/** What really causes each event. Rows are [event, what is done, how]. */
const TRIGGERS: readonly (readonly [event: string, does: string, steps: Steps])[] = [
  ['payment_intent.created', 'creates a payment', created],
  ['payment_intent.qr_generated', 'creates a payment', created],
  ['payment_intent.scanning', 'the payer scans its code', after('scanned')],
  ['payment_intent.captured', 'the payer pays', after('paid')],
  ['payment_intent.succeeded', 'the payer pays', after('paid')],
  ['payment_intent.expired', 'it expires, then the payer pays', after('paid_late')],
  ['payment_intent.late_payment', 'it expires, then the payer pays', after('paid_late')],
  ['payment_intent.overpaid', 'the payer pays one and a half', after('overpaid')],
  ['payment_intent.underpaid', 'the payer pays half', after('underpaid')],
  ['payment_intent.duplicate_payment', 'the payer pays twice', after('paid_twice')],
  ['payment_intent.cancelled', 'cancels it', cancelled],
  ['qr_charge.created', 'creates a payment', created],
  ['qr_charge.scanned', 'the payer scans its code', after('scanned')],
  ['qr_charge.consumed', 'the payer pays', after('paid')],
  ['inflow.applied', 'the payer pays', after('paid')],
  ['refund.created', 'the payer pays, then a refund', refunded],
  ['refund.succeeded', 'the payer pays, then a refund', refunded],
];

/** The events that `itpay trigger` can cause. */
export const TRIGGERED_EVENTS: readonly string[] = TRIGGERS.map(([event]) => event);

function printList(json: boolean | undefined): void {
  print(
    json,
    TRIGGERS.map(([event, does]) => ({ event, does })),
    table(TRIGGERS.map(([event, does]) => [event, does])),
  );
}

async function cancelled(client: Client, channel: Channel): Promise<Made> {
  const { id } = await createIntent(client, channel);
  await client.request('POST', `/v1/payment-intents/${id}/cancel`, { body: { reason: 'itpay trigger' } });
  return { payment_intent: id };
}

async function refunded(client: Client, channel: Channel): Promise<Made> {
  const { id } = await createIntent(client, channel);
  await simulate(client, id, 'paid');
  const refund = await client.request('POST', '/v1/refunds', { body: { payment_intent_id: id } });
  // A rail without refunds: somebody sends the money back by hand, and says so.
  if (refund.manual === true && refund.status === 'processing') {
    const body = { reason: 'itpay trigger', evidence: 'Nothing was paid: this is test mode.' };
    await client.request('POST', `/v1/refunds/${refund.id}/complete`, { body });
  }
  return { payment_intent: id, refund: refund.id };
}

function createIntent(client: Client, { id, currency, value }: Channel): Promise<{ readonly id: string }> {
  return client.request('POST', '/v1/payment-intents', {
    // The same one twice in a minute would be taken for a double click.
    body: { amount: { currency, value }, channel: id, description: 'itpay trigger', confirm_duplicate: true },
  });
}

async function simulate(client: Client, id: string, event: string): Promise<void> {
  say(`${id}: ${event}`);
  await client.request('POST', `/v1/test-helpers/payment-intents/${id}/simulate`, { body: { event } });
}

// Asked before anything is created: with a key of the live mode, nothing shall be.
async function simulatedChannel(client: Client): Promise<Channel> {
  const { data } = await client.request('GET', '/v1/channels');
  const channels = data as readonly WireChannel[];
  if (channels.some(({ mode }) => mode === 'live')) {
    throw new CommandError('This key is of the live mode, where nothing is simulated. Use a test key.');
  }
  const channel = channels.find(({ simulated }) => simulated);
  if (channel === undefined) {
    throw new CommandError('No channel of test mode is simulated. List one in itpay.config.js: promptpay().');
  }
  const currency = channel.currencies[0]!;
  return { id: channel.id, currency, value: Math.max(channel.limits[currency]?.min ?? 1, 10_000) };
}

interface WireChannel {
  readonly id: string;
  readonly mode: 'live' | 'test';
  readonly simulated: boolean;
  readonly currencies: readonly string[];
  readonly limits: Readonly<Record<string, { readonly min: number | null }>>;
}
