import { withClient, withConnection, type Client } from './client.js';
import { Command } from './command.js';
import { CommandError } from './errors.js';
import { print, printPage, say } from './output.js';
import { writeFetched } from './write-file.js';

/** Files about money. */
export function reportsCommand(): Command {
  const reports = new Command('reports').description('files about payments, settlements, refunds and fees');

  withConnection(reports.command('create'))
    .description('have a report written, and fetch it when it is there')
    .requiredOption('--type <type>', 'transactions, settlements, refunds, fees, unattributed, reconciliation or audit')
    .requiredOption('--from <day>', 'the first day: 2026-11-01')
    .requiredOption('--to <day>', 'the last day, which is part of it: 2026-11-30')
    .option('--channel <id>', 'one rail; left out: all')
    .option('--format <format>', 'csv or json (default: csv)')
    .option('--time-zone <zone>', 'where the days begin: Asia/Bangkok (default: UTC)')
    .option('--byte-order-mark', 'begin a table with the mark by which old spreadsheets know UTF-8')
    .option('-o, --out <file>', 'write it there; left out: print it')
    .addHelpText('after', EXAMPLE)
    .action(async (options: CreateOptions, command: Command) => {
      await withClient(command, async (client) => {
        const { id }: Report = await client.request('POST', '/v1/reports', {
          body: {
            type: options.type,
            from: options.from,
            to: options.to,
            channel: options.channel,
            format: options.format,
            time_zone: options.timeZone,
            byte_order_mark: options.byteOrderMark,
          },
        });
        await fetchReport(client, id, options);
      });
    });

  withConnection(reports.command('list'))
    .description('list reports, newest first')
    .option('--type <type>', 'those of one type')
    .option('--status <status>', 'pending, ready or failed')
    .option('--limit <n>', '1 to 100', '25')
    .option('--starting-after <id>', 'go on after this one')
    .action(async (options: ListOptions, command: Command) => {
      await withClient(command, async (client) => {
        const page = await client.request('GET', '/v1/reports', {
          query: {
            type: options.type,
            status: options.status,
            limit: options.limit,
            starting_after: options.startingAfter,
          },
        });
        printPage(options.json, page, (report: Report) => [
          report.id,
          report.type,
          report.channel ?? 'all',
          `${report.from} to ${report.to}`,
          report.status,
          report.rows === null ? (report.failure?.code ?? '-') : `${report.rows} rows`,
        ]);
      });
    });

  withConnection(reports.command('download'))
    .argument('<id>', 'rpt_…')
    .description('fetch a report; waits while it is being written')
    .option('-o, --out <file>', 'write it there; left out: print it')
    .action(async (id: string, options: FetchOptions, command: Command) => {
      await withClient(command, (client) => fetchReport(client, id, options));
    });
  return reports;
}

const EXAMPLE = `
Example:
  itpay reports create --live --type settlements --from 2026-11-01 --to 2026-11-30 --time-zone Asia/Bangkok -o november.csv
`;

/** A report takes seconds; one that takes longer waits for a server that does not run. */
const PATIENCE_MS = 5 * 60_000;

/** Waits for a report and writes its file; with `--json` and without `--out`, prints the report itself. */
async function fetchReport(client: Client, id: string, { out, json }: FetchOptions): Promise<void> {
  const path = `/v1/reports/${encodeURIComponent(id)}`;
  const giveUpAt = Date.now() + PATIENCE_MS;
  let report: Report = await client.request('GET', path);
  while (report.status === 'pending') {
    if (Date.now() > giveUpAt) {
      throw new CommandError(
        `${id} is still not written. Does a server run? Fetch it later: itpay reports download ${id}`,
      );
    }
    await client.goOn();
    report = await client.request('GET', path);
  }
  if (report.failure !== null) throw new CommandError(`${id} failed: ${report.failure.message}`);
  if (json === true && out === undefined) {
    print(true, report, []);
    return;
  }
  say(`${id} has ${report.rows} rows.`);
  await writeFetched(await client.download(report.download_url!), out);
  if (json === true) print(true, report, []);
}

interface Report {
  readonly id: string;
  readonly type: string;
  readonly channel: string | null;
  readonly from: string;
  readonly to: string;
  readonly status: 'pending' | 'ready' | 'failed';
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly rows: number | null;
  readonly download_url: string | null;
}

interface FetchOptions {
  readonly out?: string;
  readonly json?: boolean;
}

interface CreateOptions extends FetchOptions {
  readonly type: string;
  readonly from: string;
  readonly to: string;
  readonly channel?: string;
  readonly format?: string;
  readonly timeZone?: string;
  readonly byteOrderMark?: boolean;
}

interface ListOptions {
  readonly type?: string;
  readonly status?: string;
  readonly limit: string;
  readonly startingAfter?: string;
  readonly json?: boolean;
}
