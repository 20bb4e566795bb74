import { Command } from './command.js';
import { withClient, withConnection } from './client.js';
import { confirm } from './confirm.js';
import { parseEvidence } from './evidence.js';
import { moneyText } from './money-text.js';
import { print, printPage, table } from './output.js';

/** Calls to channels, and what an operator says became of them. */
export function operationsCommand(): Command {
  const operations = new Command('operations').description('calls to channels, and those that nobody explains');

  withConnection(operations.command('list'))
    .description('list calls to channels, newest first')
    .option('--operator-required', 'those that wait for somebody to say what became of them')
    .option('--state <state>', 'queued, started, pending, unknown, succeeded, declined or not_sent')
    .option('--intent <id>', 'those of one payment')
    .option('--limit <n>', '1 to 100', '25')
    .option('--starting-after <id>', 'go on after this one')
    .addHelpText('after', EXAMPLES_OF_LIST)
    .action(async (options: ListOptions, command: Command) => {
      await withClient(command, async (client) => {
        const page = await client.request('GET', '/v1/operations', {
          query: {
            operator_required: options.operatorRequired === true ? 'true' : undefined,
            state: options.state,
            payment_intent_id: options.intent,
            limit: options.limit,
            starting_after: options.startingAfter,
          },
        });
        printPage(options.json, page, (operation: Operation) => [
          operation.id,
          operation.kind,
          operation.channel,
          moneyText(operation.amount),
          operation.operator_required ? `${operation.state}, needs you` : operation.state,
          operation.payment_intent_id,
          operation.created_at,
        ]);
      });
    });

  withConnection(operations.command('query'))
    .argument('<id>', 'op_…')
    .description('ask the channel now what became of a call; nothing is called a second time')
    .action(async (id: string, { json }: { json?: boolean }, command: Command) => {
      await withClient(command, async (client) => {
        const operation: Operation = await client.request('POST', `/v1/operations/${encodeURIComponent(id)}/query`);
        print(json, operation, [`${operation.id} is ${operation.state}.`]);
      });
    });

  withConnection(operations.command('resolve'))
    .argument('<id>', 'op_…')
    .description('say what became of a call that the channel does not explain')
    .requiredOption('--outcome <word>', 'succeeded, declined or not_sent')
    .requiredOption('--reason <text>', 'why; kept with the decision')
    .requiredOption('--evidence <text>', 'what it rests on: a sentence or a JSON object; its digest is kept')
    .option('--channel-refund-id <id>', 'of a refund that succeeded: the number that the channel gave it')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', EXAMPLES_OF_RESOLVE)
    .action(async (id: string, options: ResolveOptions, command: Command) => {
      const evidence = parseEvidence(options.evidence);
      await withClient(command, async (client) => {
        const path = `/v1/operations/${encodeURIComponent(id)}`;
        const operation: Operation = await client.request('GET', path);
        await confirm(factsOf(operation), `Record that it ${SAID[options.outcome] ?? options.outcome}?`, options.yes);
        const resolved: Operation = await client.request('POST', `${path}/resolve`, {
          body: {
            outcome: options.outcome,
            reason: options.reason,
            evidence,
            channel_refund_id: options.channelRefundId,
          },
        });
        print(options.json, resolved, [`${resolved.id} is ${resolved.state}.`]);
      });
    });
  return operations;
}

const EXAMPLES_OF_LIST = `
Examples:
  itpay operations list --live --operator-required
  itpay operations list --intent pi_06b2m6vk0dtf5d5cq0m3vz8x4r --json
`;

const EXAMPLES_OF_RESOLVE = `
Example:
  itpay operations resolve op_… --live --outcome not_sent --reason "The bank has no trace of it" \\
    --evidence '{"ticket": "B-1742"}'
`;

const SAID: Readonly<Record<string, string>> = {
  succeeded: 'succeeded',
  declined: 'was declined',
  not_sent: 'never reached the channel',
};

function factsOf(operation: Operation): string[] {
  return table([
    ['Operation', `${operation.id} (${operation.livemode ? 'live' : 'test'})`],
    ['Call', `${operation.kind} ${moneyText(operation.amount)} at ${operation.channel}`],
    ['Reference there', operation.reference],
    ['Payment', operation.payment_intent_id],
    ['State', `${operation.state}, asked ${operation.queries} times, since ${operation.created_at}`],
  ]);
}

interface Operation {
  readonly id: string;
  readonly livemode: boolean;
  readonly kind: string;
  readonly channel: string;
  readonly reference: string;
  readonly amount: { readonly currency: string; readonly value: number } | null;
  readonly state: string;
  readonly queries: number;
  readonly operator_required: boolean;
  readonly payment_intent_id: string;
  readonly created_at: string;
}

interface ListOptions {
  readonly operatorRequired?: boolean;
  readonly state?: string;
  readonly intent?: string;
  readonly limit: string;
  readonly startingAfter?: string;
  readonly json?: boolean;
}

interface ResolveOptions {
  readonly outcome: string;
  readonly reason: string;
  readonly evidence: string;
  readonly channelRefundId?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}
