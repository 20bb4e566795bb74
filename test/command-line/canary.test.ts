import { expect, it } from 'vitest';
import { freshDatabase, postgresNeed } from '../support/database.js';
import { describeNeeding } from '../support/needs.js';
import { installation, itpay } from './itpay.js';

// What a person puts into the environment never comes out of the command, however it ends.

const PASSWORD = 'canary-password-4b1f';
const SECRET_KEY = 'canary-secret-key-9e27-of-enough-length';
const API_KEY = `itpay_test_canary000000_${'Z'.repeat(43)}`;

function withPassword(url: string): string {
  const changed = new URL(url);
  changed.username ||= 'postgres';
  changed.password = PASSWORD;
  return changed.href;
}

describeNeeding(postgresNeed(), 'The command', () => {
  it('keeps the password of the database, the secret key and API keys to itself', { timeout: 240_000 }, async () => {
    const directory = await installation();
    const { url } = await freshDatabase();
    const env = { DATABASE_URL: withPassword(url), ITPAY_SECRET_KEY: SECRET_KEY, LOG_LEVEL: 'debug' };
    const nobody = new URL(withPassword(url));
    nobody.port = '1';
    const remote = { ITPAY_URL: 'http://127.0.0.1:1/itpay', ITPAY_API_KEY: API_KEY };

    const results = [
      await itpay(['migrate'], directory, env),
      await itpay(['doctor'], directory, env),
      await itpay(['doctor', '--json'], directory, env),
      await itpay(['trigger', 'payment_intent.succeeded'], directory, env),
      await itpay(['operations', 'list', '--json'], directory, env),
      await itpay(['doctor'], directory, { ...env, DATABASE_URL: nobody.href }),
      await itpay(['accounts', 'list'], directory, { ...env, DATABASE_URL: nobody.href }),
      await itpay(['accounts', 'list'], directory, { ...env, DATABASE_URL: `${env.DATABASE_URL}_that_is_not_there` }),
      await itpay(['accounts', 'list'], directory, { ...env, ITPAY_SECRET_KEY: `${SECRET_KEY.slice(0, 20)}` }),
      await itpay(['operations', 'list'], directory, remote),
    ];

    const output = results.map(({ out, err }) => out + err).join('\n');
    for (const secret of [PASSWORD, SECRET_KEY, SECRET_KEY.slice(0, 20), API_KEY, 'Z'.repeat(20)]) {
      expect(output).not.toContain(secret);
    }
    // They ran, each in its way; 2 is a configuration that cannot be used.
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0, 1, 2, 2, 2, 1]);
  });
});
