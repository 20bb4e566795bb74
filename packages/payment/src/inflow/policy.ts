import { one, statement, type Queryable } from '@itpay/kernel';
import { DEFAULT_POLICY, type PaymentPolicy } from './inflow.js';

/** What an account wants to happen with money that is not what was asked for; the defaults where it said nothing. */
export async function policyOf(on: Queryable, account: string): Promise<PaymentPolicy> {
  const { policy } = await one(on, READ, { account });
  return { ...DEFAULT_POLICY, ...policy };
}

/** Sets an account's policy; what is left out goes back to the default. */
export async function setPolicy(on: Queryable, account: string, policy: Partial<PaymentPolicy>): Promise<void> {
  await on.query(WRITE, { account, policy: JSON.stringify(policy) });
}

const READ = statement<{ account: string }, { policy: Partial<PaymentPolicy> }>(
  'account_policy',
  `select policy from {schema}.accounts where id = :account`,
);
const WRITE = statement<{ account: string; policy: string }, object>(
  'account_set_policy',
  `update {schema}.accounts set policy = :policy::jsonb where id = :account`,
);
