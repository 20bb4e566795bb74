import { ItPayError } from '@itpay/core';
import { SCOPE_PRESETS, type MadeKey, type ScopePreset } from '@itpay/gateway';
import { Command } from './command.js';
import { chooseAccount } from './choose-account.js';
import { withItPay } from './load-options.js';
import { print, table } from './output.js';

export function keysCommand(): Command {
  const keys = new Command('keys').description('API keys of an account');
  const account = ['--account <name>', 'name or id of the account (default: the only one)'] as const;

  keys
    .command('create')
    .description('create an API key; its secret is shown once')
    .option('--live', 'a key for real money (default: a test key)')
    .option('--label <text>', 'says to people what the key is for', 'made by the command line')
    .option('--scopes <list>', 'separated by commas (default: all of a merchant)')
    .option('--preset <name>', `scopes that go together: ${PRESETS.join(', ')}`)
    .option('--ip <list>', 'works only from these addresses and CIDRs, separated by commas')
    .option('--require-signature', 'requests with it must be signed')
    .option('--expires-in-days <n>', 'ends by itself')
    .option(...account)
    .option('--json', 'print JSON')
    .action(async (options: CreateOptions, command: Command) => {
      await withItPay(command, async (pay) => {
        const scopes = listed(options.scopes);
        if (scopes !== undefined && options.preset !== undefined) {
          throw new ItPayError('PARAMETER_INVALID', { message: 'Give --scopes or --preset, not both.' });
        }
        const made = await pay.keys.create({
          account: await chooseAccount(pay, options.account),
          livemode: options.live === true,
          label: options.label,
          expiresAt: expiry(options.expiresInDays),
          ipAllowlist: listed(options.ip),
          requireSignature: options.requireSignature === true,
          ...(scopes ? { scopes } : { preset: presetOf(options.preset) }),
        });
        show(options.json, made);
      });
    });

  keys
    .command('list')
    .description('list the keys of an account')
    .option(...account)
    .option('--json', 'print JSON')
    .action(async (options: { account?: string; json?: boolean }, command: Command) => {
      await withItPay(command, async (pay) => {
        const found = await pay.keys.list(await chooseAccount(pay, options.account));
        const rows = found.map((key) => [
          key.id,
          key.masked,
          key.livemode ? 'live' : 'test',
          key.status,
          key.label,
          key.scopes.join(','),
        ]);
        print(options.json, found, rows.length === 0 ? ['No keys.'] : table(rows));
      });
    });

  keys
    .command('rotate')
    .argument('<id>', 'the id of the key: key_…')
    .description('replace a key; the secret of the new one is shown once')
    .option('--overlap-hours <n>', 'how long the old key works on, 0 to 168', '24')
    .option('--json', 'print JSON')
    .action(async (id: string, options: { overlapHours: string; json?: boolean }, command: Command) => {
      const overlapMs = overlapOf(options.overlapHours);
      await withItPay(command, async (pay) => {
        show(options.json, await pay.keys.rotate(id, { overlapMs }), [
          overlapMs === 0 ? `${id} has ended.` : `${id} works on for ${options.overlapHours} hours.`,
        ]);
      });
    });

  keys
    .command('revoke')
    .argument('<id>', 'the id of the key: key_…')
    .description('end a key for good')
    .option('--json', 'print JSON')
    .action(async (id: string, options: { json?: boolean }, command: Command) => {
      await withItPay(command, async (pay) => {
        const key = await pay.keys.revoke(id);
        print(options.json, key, [`${key.id} is revoked. Other processes refuse it within ten seconds.`]);
      });
    });
  return keys;
}

interface CreateOptions {
  readonly live?: boolean;
  readonly label: string;
  readonly scopes?: string;
  readonly preset?: string;
  readonly ip?: string;
  readonly requireSignature?: boolean;
  readonly expiresInDays?: string;
  readonly account?: string;
  readonly json?: boolean;
}

const PRESETS = Object.keys(SCOPE_PRESETS) as ScopePreset[];

function presetOf(name: string = 'merchant_full'): ScopePreset {
  const found = PRESETS.find((preset) => preset === name);
  if (found !== undefined) return found;
  throw new ItPayError('PARAMETER_INVALID', {
    message: `--preset: there is no preset "${name}". There are: ${PRESETS.join(', ')}.`,
  });
}

const listed = (text: string | undefined) => text?.split(',').map((part) => part.trim());

function overlapOf(hours: string): number {
  if (/^\d{1,3}$/.test(hours) && Number(hours) <= 168) return Number(hours) * 3_600_000;
  throw new ItPayError('PARAMETER_INVALID', { message: `--overlap-hours: "${hours}" is not a number from 0 to 168.` });
}

/** Prints a new key, whose secrets nobody sees a second time. */
function show(json: boolean | undefined, { key, token, signingSecret }: MadeKey, more: readonly string[] = []): void {
  print(json, { ...key, token, signingSecret }, [
    token,
    ...(signingSecret === null ? [] : [`Signing secret: ${signingSecret}`]),
    `Keep it now: only its end (${key.masked}) can be shown again.`,
    ...more,
  ]);
}

function expiry(days: string | undefined): Date | undefined {
  if (days === undefined) return undefined;
  if (!/^[1-9]\d{0,4}$/.test(days)) {
    throw new ItPayError('PARAMETER_INVALID', { message: `--expires-in-days: "${days}" is not a number of days.` });
  }
  return new Date(Date.now() + Number(days) * 86_400_000);
}
