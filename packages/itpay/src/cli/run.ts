import type { Command as PluginCommand } from '@itpay/kernel';
import { chooseAccount } from './choose-account.js';
import { Command } from './command.js';
import { UsageError } from './errors.js';
import { withItPay } from './load-options.js';
import { print, table } from './output.js';

/** The commands that plugins bring. */
export function runCommand(): Command {
  return new Command('run')
    .description('run a command that a plugin brings; without a name: list them')
    .argument('[command]', 'its name')
    .argument('[words...]', 'what it takes; "itpay run <command> --help" says')
    .helpOption(false) // --help after a name asks the command
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (name: string | undefined, words: string[], _options: object, command: Command) => {
      await withItPay(command, async (pay) => {
        if (name === undefined || name === '--help' || name === '-h') {
          process.stdout.write(`${listOf(pay.commands)}\n`);
          return;
        }
        const found = pay.commands.find((one) => one.name === name);
        if (found === undefined) {
          throw new UsageError(`No plugin brings a command "${name}".\n\n${listOf(pay.commands)}`);
        }
        await parserOf(found, async (given, options) => {
          const { account, live, json, ...own } = options;
          await found.run({
            arguments: given,
            options: own as Record<string, string | true | undefined>,
            actor: {
              account: await chooseAccount(pay, account as string | undefined),
              livemode: live === true,
              id: 'command-line',
              requestId: null,
            },
            print: (object, lines) => print(json === true, object, lines),
          });
        }).parseAsync(words, { from: 'user' });
      });
    });
}

function listOf(commands: readonly PluginCommand[]): string {
  if (commands.length === 0) {
    return 'No plugin of this installation brings a command. Plugins come from itpay.config.js, or from --config FILE.';
  }
  return ['Commands of plugins:', ...table(commands.map(({ name, summary }) => [`  ${name}`, summary]))].join('\n');
}

type Given = Readonly<Record<string, string | undefined>>;

function parserOf(
  { name, summary, arguments: words = [], options = [], example }: PluginCommand,
  work: (words: Given, options: Readonly<Record<string, unknown>>) => Promise<void>,
): Command {
  const parser = new Command(`itpay run ${name}`).description(summary).exitOverride((error) => {
    process.exit(error.exitCode === 0 ? 0 : 2);
  });
  for (const word of words) parser.argument(word.optional ? `[${word.name}]` : `<${word.name}>`, word.description);
  for (const option of options) {
    const flags = option.value === undefined ? `--${option.name}` : `--${option.name} <${option.value}>`;
    if (option.required) parser.requiredOption(flags, option.description);
    else parser.option(flags, option.description);
  }
  parser
    .option('--account <name>', 'name or id of the account (default: the only one)')
    .option('--live', 'real money (default: test mode)')
    .option('--json', 'print JSON');
  if (example !== undefined) parser.addHelpText('after', `\nExample:\n  ${example}\n`);
  return parser.action(async (...given: unknown[]) => {
    const values = given.slice(0, words.length) as (string | undefined)[];
    const byName = Object.fromEntries(words.map((word, index) => [word.name, values[index]]));
    const chosen = parser.opts<Record<string, unknown>>();
    // The parser writes `--not-before` as notBefore.
    const own = options.map((option) => [option.name, chosen[camel(option.name)]]);
    await work(byName, {
      ...Object.fromEntries(own),
      account: chosen['account'],
      live: chosen['live'],
      json: chosen['json'],
    });
  });
}

const camel = (name: string) => name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
