import { setTimeout as wait } from 'node:timers/promises';
import { withClient, withConnection, type Client } from './client.js';
import { Command } from './command.js';
import { CommandError, UsageError } from './errors.js';
import { moneyText } from './money-text.js';
import { print, table } from './output.js';

/** The exit code when something differs, so that a script can tell it from a failure. */
const DIFFERS = 3;
const LOOK_AGAIN_MS = 500;
/** As many as one page of the API has; the API has the others. */
const SHOWN = 100;

/** Compares what a channel tells in its files with what is known here. */
export function reconcileCommand(): Command {
  return withConnection(new Command('reconcile'))
    .description('compare the files of a channel with what is known here: exit code 3 when something differs')
    .requiredOption('--channel <id>', 'the rail: wechat')
    .requiredOption('--from <day>', 'the first day, in the calendar of the rail: 2026-11-20')
    .option('--to <day>', 'the last day (default: the first one)')
    .option('--wait <seconds>', 'how long to wait for its end; it goes on without this command', '300')
    .addHelpText('after', EXAMPLE)
    .action(async (options: ReconcileOptions, command: Command) => {
      const waitMs = secondsOf(options.wait) * 1_000;
      await withClient(command, async (client) => {
        const { channel, from, to = from } = options;
        const begun: Run = await client.request('POST', '/v1/reconciliations', { body: { channel, from, to } });
        const run = await ended(client, begun, waitMs);
        const { data }: { data: Exception[] } = await client.request(
          'GET',
          `/v1/reconciliations/${run.id}/exceptions`,
          {
            query: { limit: SHOWN },
          },
        );
        const exceptions = data.filter(({ status }) => status !== 'resolved');
        print(options.json, { ...run, exceptions }, [...linesOf(run), ...linesOfExceptions(exceptions)]);
        if (run.counts.open > 0) process.exitCode = DIFFERS;
      });
    });
}

const EXAMPLE = `
Example:
  itpay reconcile --live --channel wechat --from 2026-11-01 --to 2026-11-20
`;

async function ended(client: Client, begun: Run, waitMs: number): Promise<Run> {
  const until = Date.now() + waitMs;
  for (let run = begun; ;) {
    if (run.status === 'completed') return run;
    if (run.status === 'failed') throw new CommandError(`${run.id} failed: ${run.failure ?? 'for no reason told'}.`);
    if (Date.now() > until) {
      const missing = run.days.filter(({ file }) => file === 'pending').map(({ day }) => day);
      throw new CommandError(
        `${run.id} has not ended yet${missing.length > 0 ? `: the file of ${missing[0]} is not to be had` : ''}. ` +
          `It goes on in the server; read it with GET /v1/reconciliations/${run.id}.`,
      );
    }
    await client.goOn();
    run = await client.request('GET', `/v1/reconciliations/${run.id}`);
    // Where this process does the work itself, a step may be due only later.
    if (client.alone && run.status === 'running') await wait(LOOK_AGAIN_MS);
  }
}

function linesOf({ id, channel, from, to, days, counts }: Run): string[] {
  const unread = days.filter(({ file }) => file !== 'read');
  return [
    `${id}: ${channel}, ${from === to ? from : `${from} to ${to}`}`,
    ...table([
      ['agree', String(counts.matched)],
      ['healed', String(counts.healed)],
      ['waiting', String(counts.waiting)],
      ['open', String(counts.open)],
    ]),
    ...unread.map(({ day, file }) => `No file of ${day} was compared: ${WHY[file] ?? file}.`),
  ];
}

const WHY: Readonly<Record<string, string>> = {
  none: 'nobody has brought one (itpay statements import)',
  not_ready: 'by the calendar of the channel it is not there yet',
  unavailable: 'the channel did not give it',
  unreadable: 'it cannot be read; see the log',
};

function linesOfExceptions(exceptions: readonly Exception[]): string[] {
  if (exceptions.length === 0) return [];
  const rows = exceptions.map(({ id, status, class: of, channel_says, known_here, payment_intent_id, note }) => [
    id,
    status,
    of,
    `${moneyText(channel_says?.amount ?? null)} there`,
    `${moneyText(known_here?.amount ?? null)} here`,
    payment_intent_id ?? '-',
    note,
  ]);
  return ['', ...table(rows)];
}

function secondsOf(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new UsageError(`--wait: "${text}" is not a number of seconds.`);
}

interface Run {
  readonly id: string;
  readonly channel: string;
  readonly from: string;
  readonly to: string;
  readonly status: 'pending' | 'running' | 'completed' | 'failed';
  readonly days: readonly { readonly day: string; readonly file: string }[];
  readonly counts: {
    readonly matched: number;
    readonly healed: number;
    readonly waiting: number;
    readonly open: number;
  };
  readonly failure: string | null;
}

interface Side {
  readonly amount: { readonly currency: string; readonly value: number };
}

interface Exception {
  readonly id: string;
  readonly status: string;
  readonly class: string;
  readonly channel_says: Side | null;
  readonly known_here: Side | null;
  readonly payment_intent_id: string | null;
  readonly note: string;
}

interface ReconcileOptions {
  readonly channel: string;
  readonly from: string;
  readonly to?: string;
  readonly wait: string;
  readonly json?: boolean;
}
