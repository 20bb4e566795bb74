import type { WireMoney } from '@itpay/core';
import { withClient, withConnection } from './client.js';
import { Command } from './command.js';
import { confirm } from './confirm.js';
import { CommandError } from './errors.js';
import { moneyText } from './money-text.js';
import { print, printPage, say, table } from './output.js';
import { writeFetched } from './write-file.js';

/** Files with which a bank sends refunds. */
export function refundFilesCommand(): Command {
  const files = new Command('refund-files').description('files with which the bank sends refunds');

  withConnection(files.command('create'))
    .description('put the refunds that wait into a file for the bank')
    .requiredOption('--channel <id>', 'the rail whose bank sends them: bank_transfer')
    .option('--refund <id...>', 'only these; left out: all that wait')
    .option('-o, --out <file>', 'write the file there')
    .addHelpText('after', '\nExample:\n  itpay refund-files create --live --channel bank_transfer -o refunds.xml\n')
    .action(async (options: CreateOptions, command: Command) => {
      await withClient(command, async (client) => {
        const file: RefundFile = await client.request('POST', '/v1/refund-files', {
          body: { channel: options.channel, refund_ids: options.refund },
        });
        print(options.json, file, linesOf(file));
        if (options.out !== undefined) await writeFetched(await client.download(file.download_url!), options.out);
        else say(`Fetch it: itpay refund-files download ${file.id} -o refunds.xml`);
      });
    });

  withConnection(files.command('list'))
    .description('list refund files, newest first')
    .option('--status <status>', 'ready or cancelled')
    .option('--limit <n>', '1 to 100', '25')
    .option('--starting-after <id>', 'go on after this one')
    .action(async (options: ListOptions, command: Command) => {
      await withClient(command, async (client) => {
        const page = await client.request('GET', '/v1/refund-files', {
          query: { status: options.status, limit: options.limit, starting_after: options.startingAfter },
        });
        printPage(options.json, page, (file: RefundFile) => [
          file.id,
          file.channel,
          `${file.refund_count} refunds`,
          file.totals.map(moneyText).join(', '),
          file.status,
          file.created_at,
        ]);
      });
    });

  withConnection(files.command('download'))
    .argument('<id>', 'rff_…')
    .description('fetch the file for the bank; it is the same each time')
    .option('-o, --out <file>', 'write it there; left out: print it')
    .action(async (id: string, options: DownloadOptions, command: Command) => {
      await withClient(command, async (client) => {
        const file: RefundFile = await client.request('GET', `/v1/refund-files/${encodeURIComponent(id)}`);
        if (file.download_url === null) {
          throw new CommandError(`${id} was cancelled, so that nobody sends it. Its refunds may be in another file.`);
        }
        await writeFetched(await client.download(file.download_url), options.out);
      });
    });

  withConnection(files.command('cancel'))
    .argument('<id>', 'rff_…')
    .description('say that a file was never sent; its refunds may go into another one')
    .requiredOption('--reason <text>', 'why; kept with the decision')
    .option('-y, --yes', 'do not ask')
    .action(async (id: string, { reason, yes, json }: CancelOptions, command: Command) => {
      await withClient(command, async (client) => {
        const path = `/v1/refund-files/${encodeURIComponent(id)}`;
        const file: RefundFile = await client.request('GET', path);
        const facts = [
          ['File', `${file.id}, made ${file.created_at}`],
          ['Refunds', `${file.refund_count}, ${file.totals.map(moneyText).join(', ')}`],
        ];
        await confirm(table(facts), 'Was it never given to the bank?', yes);
        const after: RefundFile = await client.request('POST', `${path}/cancel`, { body: { reason } });
        print(json, after, [`${after.id} is ${after.status}; its ${after.refund_count} refunds wait again.`]);
      });
    });
  return files;
}

function linesOf({ id, refund_count: count, totals, left_out: leftOut }: RefundFile): string[] {
  return [
    `${id} has ${count} refunds: ${totals.map(moneyText).join(', ')}.`,
    ...leftOut.map(
      ({ refund_id: refund, reason, field }) => `Left out: ${refund} (${reason}${field === null ? '' : `: ${field}`})`,
    ),
  ];
}

interface RefundFile {
  readonly id: string;
  readonly channel: string;
  readonly status: string;
  readonly refund_count: number;
  readonly totals: readonly WireMoney[];
  readonly left_out: readonly { readonly refund_id: string; readonly reason: string; readonly field: string | null }[];
  readonly created_at: string;
  readonly download_url: string | null;
}

interface CreateOptions {
  readonly channel: string;
  readonly refund?: readonly string[];
  readonly out?: string;
  readonly json?: boolean;
}

interface ListOptions {
  readonly status?: string;
  readonly limit: string;
  readonly startingAfter?: string;
  readonly json?: boolean;
}

interface DownloadOptions {
  readonly out?: string;
}

interface CancelOptions {
  readonly reason: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}
