import { Command } from './command.js';
import { withItPay } from './load-options.js';
import { print } from './output.js';

export function accountsCommand(): Command {
  const accounts = new Command('accounts').description('merchants of this installation');
  accounts
    .command('create')
    .argument('<name>', 'unique; payers read it on the pay page')
    .description('create an account')
    .option('--json', 'print JSON')
    .action(async (name: string, { json }: { json?: boolean }, command: Command) => {
      await withItPay(command, async (pay) => {
        const account = await pay.accounts.create(name);
        print(json, account, [`${account.id}  ${account.name}`]);
      });
    });
  return accounts;
}
