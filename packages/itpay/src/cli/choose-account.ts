import { CommandError, UsageError } from './errors.js';
import type { ItPay } from '../create-itpay.js';

/**
 * The id of the account that a command works on.
 *
 * @throws UsageError when there are several and none was named; CommandError when there is none of that name
 */
export async function chooseAccount(pay: ItPay, name: string | undefined): Promise<string> {
  const accounts = await pay.accounts.list();
  const names = accounts.map((account) => account.name).join(', ');
  if (name === undefined) {
    if (accounts.length === 1) return accounts[0]!.id;
    throw new UsageError(`Say which account with --account. There are: ${names}.`);
  }
  const found = accounts.find((account) => account.id === name || account.name === name);
  if (found === undefined) throw new CommandError(`There is no account "${name}". There are: ${names}.`);
  return found.id;
}
