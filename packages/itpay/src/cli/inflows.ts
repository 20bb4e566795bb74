import { Command } from './command.js';
import { withClient, withConnection, type Client } from './client.js';
import { confirm } from './confirm.js';
import { UsageError } from './errors.js';
import { parseEvidence } from './evidence.js';
import { moneyText, parseMoney } from './money-text.js';
import { print, printPage, table } from './output.js';

/** Money that arrived, and what an operator decides about the money that fits nothing. */
export function inflowsCommand(): Command {
  const inflows = new Command('inflows').description('money that arrived, and what becomes of what fits nothing');

  withConnection(inflows.command('list'))
    .description('list money that arrived, newest first')
    .option('--status <status>', 'needs_match, parked, applied, refunding, refunded or kept')
    .option('--intent <id>', 'that of one payment')
    .option('--limit <n>', '1 to 100', '25')
    .option('--starting-after <id>', 'go on after this one')
    .addHelpText('after', '\nExample:\n  itpay inflows list --live --status parked\n')
    .action(async (options: ListOptions, command: Command) => {
      await withClient(command, async (client) => {
        const page = await client.request('GET', '/v1/inflows', {
          query: {
            status: options.status,
            payment_intent_id: options.intent,
            limit: options.limit,
            starting_after: options.startingAfter,
          },
        });
        printPage(options.json, page, (inflow: Inflow) => [
          inflow.id,
          inflow.kind,
          inflow.channel,
          moneyText(inflow.amount),
          inflow.status,
          inflow.payment_intent_id ?? '-',
          inflow.paid_at,
        ]);
      });
    });

  withConnection(inflows.command('record'))
    .description('record money that was seen at the bank and that the channel did not report')
    .requiredOption('--channel <id>', 'the rail on which it was seen: promptpay')
    .requiredOption('--transaction-id <id>', 'the number that the rail gave the payment; it is booked once')
    .requiredOption('--amount <amount>', 'as on the statement: "199.00 THB"')
    .requiredOption('--paid-at <time>', 'ISO 8601 with its zone: 2026-11-22T14:30:00+07:00')
    .requiredOption('--reason <text>', 'why; kept with the decision')
    .requiredOption('--evidence <text>', 'what it rests on: a sentence or a JSON object; its digest is kept')
    .option('--intent <id>', 'the payment that it is for; left out: it waits to be matched')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', EXAMPLE_OF_RECORD)
    .action(async (options: RecordOptions, command: Command) => {
      const amount = parseMoney('--amount', options.amount);
      const paidAt = parseTime('--paid-at', options.paidAt);
      const evidence = parseEvidence(options.evidence);
      await withClient(command, async (client) => {
        const facts = [
          ['Money', `${moneyText(amount)} on ${options.channel}, paid ${paidAt}`],
          ['Transaction', options.transactionId],
          ...(options.intent === undefined ? [['For', 'nothing yet']] : await factsOfIntent(client, options.intent)),
        ];
        await confirm(table(facts), 'Record it?', options.yes);
        const inflow: Inflow = await client.request('POST', '/v1/inflows', {
          body: {
            channel: options.channel,
            channel_transaction_id: options.transactionId,
            amount,
            paid_at: paidAt,
            payment_intent_id: options.intent,
            reason: options.reason,
            evidence,
          },
        });
        print(options.json, inflow, [said(inflow)]);
      });
    });

  decision('apply', 'let money that lies aside count for a payment')
    .option('--intent <id>', 'the payment; left out: the one that it came for')
    .option('--accept-under', 'the payment succeeds with less than was asked for')
    .addHelpText(
      'after',
      '\nExample:\n  itpay inflows apply inf_… --intent pi_… --reason "The payer confirmed by phone"\n',
    )
    .action((id: string, options: DecisionOptions, command: Command) =>
      decide(command, id, options, {
        verb: 'apply',
        question: 'Let it count for that payment?',
        body: { payment_intent_id: options.intent, accept_under: options.acceptUnder },
      }),
    );

  decision('refund', 'send parked money back to the payer').action(
    (id: string, options: DecisionOptions, command: Command) =>
      decide(command, id, options, { verb: 'refund', question: 'Send it back?', body: {} }),
  );

  decision('keep', 'leave money with the payee, counted for nothing').action(
    (id: string, options: DecisionOptions, command: Command) =>
      decide(command, id, options, { verb: 'keep', question: 'Keep it, counted for nothing?', body: {} }),
  );
  return inflows;

  function decision(verb: string, description: string): Command {
    return withConnection(inflows.command(verb))
      .argument('<id>', 'inf_…')
      .description(description)
      .requiredOption('--reason <text>', 'why; kept with the decision')
      .option('-y, --yes', 'do not ask');
  }
}

const EXAMPLE_OF_RECORD = `
Example:
  itpay inflows record --live --channel promptpay --transaction-id 2026112214300001 --amount "199.00 THB" \\
    --paid-at 2026-11-22T14:30:00+07:00 --intent pi_… --reason "Seen on the statement" --evidence "Statement, line 17"
`;

async function decide(
  command: Command,
  id: string,
  { reason, yes, json, intent }: DecisionOptions,
  { verb, question, body }: { readonly verb: string; readonly question: string; readonly body: object },
): Promise<void> {
  await withClient(command, async (client) => {
    const path = `/v1/inflows/${encodeURIComponent(id)}`;
    const inflow: Inflow = await client.request('GET', path);
    const payment = intent ?? inflow.payment_intent_id;
    const facts = [
      ['Money', `${moneyText(inflow.amount)} on ${inflow.channel}, paid ${inflow.paid_at}`],
      ['Inflow', `${inflow.id} (${inflow.livemode ? 'live' : 'test'}), ${inflow.kind}, ${inflow.status}`],
      ...(payment === null ? [['For', 'nothing yet']] : await factsOfIntent(client, payment)),
    ];
    await confirm(table(facts), question, yes);
    const after: Inflow = await client.request('POST', `${path}/${verb}`, { body: { ...body, reason } });
    print(json, after, [said(after)]);
  });
}

async function factsOfIntent(client: Client, id: string): Promise<string[][]> {
  const intent = await client.request('GET', `/v1/payment-intents/${encodeURIComponent(id)}`);
  const order = intent.order_reference === null ? '' : `, order ${intent.order_reference}`;
  return [['For', `${intent.id}: ${moneyText(intent.amount)}, ${intent.status}${order}`]];
}

const said = ({ id, kind, status, payment_intent_id: intent }: Inflow) =>
  `${id} (${kind}) is ${status}${intent === null ? '' : ` for ${intent}`}.`;

function parseTime(option: string, text: string): string {
  if (/(Z|[+-]\d\d:?\d\d)$/.test(text) && !Number.isNaN(Date.parse(text))) return new Date(text).toISOString();
  throw new UsageError(`${option}: "${text}" is not a time with its zone, such as 2026-11-22T14:30:00+07:00.`);
}

interface Inflow {
  readonly id: string;
  readonly livemode: boolean;
  readonly kind: string;
  readonly channel: string;
  readonly amount: { readonly currency: string; readonly value: number };
  readonly status: string;
  readonly payment_intent_id: string | null;
  readonly paid_at: string;
}

interface ListOptions {
  readonly status?: string;
  readonly intent?: string;
  readonly limit: string;
  readonly startingAfter?: string;
  readonly json?: boolean;
}

interface RecordOptions {
  readonly channel: string;
  readonly transactionId: string;
  readonly amount: string;
  readonly paidAt: string;
  readonly intent?: string;
  readonly reason: string;
  readonly evidence: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

interface DecisionOptions {
  readonly intent?: string;
  readonly acceptUnder?: boolean;
  readonly reason: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}
