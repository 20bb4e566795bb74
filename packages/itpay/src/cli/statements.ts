import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { withClient, withConnection } from './client.js';
import { Command } from './command.js';
import { CommandError } from './errors.js';
import { moneyText } from './money-text.js';
import { print, printPage, say } from './output.js';

/** Files of banks and rails, and what became of their rows. */
export function statementsCommand(): Command {
  const statements = new Command('statements').description(
    'files of a bank or a rail: bring them, and see what they did',
  );

  withConnection(statements.command('import'))
    .argument('<file>', 'as the bank gave it: camt.053, MT940, a table')
    .description('import a statement; the same file changes nothing the second time')
    .requiredOption('--channel <id>', 'the rail that it tells about: bank_transfer')
    .addHelpText('after', '\nExample:\n  itpay statements import november.xml --live --channel bank_transfer\n')
    .action(async (path: string, options: ImportOptions, command: Command) => {
      const file = await readFile(path).catch((error: NodeJS.ErrnoException) => {
        throw new CommandError(`${path} cannot be read: ${error.code ?? error.message}.`);
      });
      await withClient(command, async (client) => {
        const statement: Statement = await client.importStatement({
          channel: options.channel,
          name: basename(path),
          file,
          onProgress: progress(),
        });
        print(options.json, statement, linesOf(statement));
      });
    });

  withConnection(statements.command('list'))
    .description('list statements, newest first')
    .option('--channel <id>', 'those of one rail')
    .option('--limit <n>', '1 to 100', '25')
    .option('--starting-after <id>', 'go on after this one')
    .action(async (options: ListOptions, command: Command) => {
      await withClient(command, async (client) => {
        const page = await client.request('GET', '/v1/statements', {
          query: { channel: options.channel, limit: options.limit, starting_after: options.startingAfter },
        });
        printPage(options.json, page, (statement: Statement) => [
          statement.id,
          statement.channel,
          statement.day ?? statement.file_name ?? '-',
          statement.status,
          countsText(statement.counts),
          statement.created_at,
        ]);
      });
    });

  withConnection(statements.command('show'))
    .argument('<id>', 'stm_…')
    .description('show a statement and its rows, the last one first')
    .option('--outcome <outcome>', 'booked, matched, needs_match, held or noted')
    .option('--limit <n>', '1 to 100', '25')
    .option('--starting-after <id>', 'go on after this row')
    .addHelpText('after', '\nExample:\n  itpay statements show stm_… --live --outcome held\n')
    .action(async (id: string, options: ShowOptions, command: Command) => {
      await withClient(command, async (client) => {
        const path = `/v1/statements/${encodeURIComponent(id)}`;
        const statement: Statement = await client.request('GET', path);
        const page = await client.request('GET', `${path}/rows`, {
          query: { outcome: options.outcome, limit: options.limit, starting_after: options.startingAfter },
        });
        if (options.json) {
          print(true, { ...statement, rows: page }, []);
          return;
        }
        print(false, null, [...linesOf(statement), '']);
        printPage(false, page, rowText);
      });
    });
  return statements;
}

/** Tells a person now and then how far it is; the first word comes when it takes long. */
function progress(): (done: { readonly rows: number; readonly of: number }) => void {
  let next = Date.now() + 2_000;
  return ({ rows, of }) => {
    if (Date.now() < next) return;
    next = Date.now() + 2_000;
    say(`${rows} of ${of} rows`);
  };
}

function linesOf({ id, status, counts, warnings }: Statement): string[] {
  return [
    `${id} is ${status}: ${countsText(counts)}.`,
    ...warnings.map((warning) =>
      warning.type === 'gap'
        ? `A statement is missing before ${warning.statement_id}: it opens with ${moneyText(warning.found)}, and the one ` +
          `before closed with ${moneyText(warning.expected)}.`
        : `The balances of ${warning.statement_id} disagree with its rows, so nothing of it was booked.`,
    ),
    ...(counts.needs_match > 0 ? ['See what waits for a match: itpay inflows list --status needs_match'] : []),
    ...(counts.held > 0 ? [`See what is odd: itpay statements show ${id} --outcome held`] : []),
  ];
}

const OUTCOMES = ['booked', 'matched', 'needs_match', 'held', 'noted', 'known'] as const;

function countsText(counts: Statement['counts']): string {
  const told = OUTCOMES.filter((name) => counts[name] > 0).map((name) => `${counts[name]} ${name}`);
  return [`${counts.rows} ${counts.rows === 1 ? 'row' : 'rows'}`, ...told].join(', ');
}

function rowText(row: StatementRow): string[] {
  const sign = row.direction === 'out' ? '-' : '+';
  return [
    row.position,
    row.booked_at.slice(0, 10),
    `${sign}${moneyText(row.amount)}`,
    row.outcome,
    row.doubt ?? '-',
    row.payment_intent_id ?? (row.suggested_payment_intent_ids.map((id) => `${id}?`).join(' ') || '-'),
    row.inflow_id ?? row.refund_id ?? '-',
    // A bank may write anything there, and a terminal obeys some of it.
    row.text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').slice(0, 60),
  ];
}

interface Money {
  readonly currency: string;
  readonly value: number;
}

interface Statement {
  readonly id: string;
  readonly channel: string;
  readonly file_name: string | null;
  readonly day: string | null;
  readonly status: string;
  readonly counts: Readonly<Record<'rows' | 'booked' | 'matched' | 'needs_match' | 'held' | 'noted' | 'known', number>>;
  readonly warnings: readonly (
    | { readonly type: 'balances_disagree'; readonly statement_id: string }
    | { readonly type: 'gap'; readonly statement_id: string; readonly expected: Money; readonly found: Money }
  )[];
  readonly created_at: string;
}

interface StatementRow {
  readonly position: string;
  readonly booked_at: string;
  readonly direction: string | null;
  readonly amount: Money;
  readonly outcome: string;
  readonly doubt: string | null;
  readonly text: string;
  readonly payment_intent_id: string | null;
  readonly inflow_id: string | null;
  readonly refund_id: string | null;
  readonly suggested_payment_intent_ids: readonly string[];
}

interface ImportOptions {
  readonly channel: string;
  readonly json?: boolean;
}

interface ListOptions {
  readonly channel?: string;
  readonly limit: string;
  readonly startingAfter?: string;
  readonly json?: boolean;
}

interface ShowOptions {
  readonly outcome?: string;
  readonly limit: string;
  readonly startingAfter?: string;
  readonly json?: boolean;
}
