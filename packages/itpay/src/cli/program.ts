import { Command } from './command.js';
import { accountsCommand } from './accounts.js';
import { doctorCommand } from './doctor.js';
import { eventsCommand } from './events.js';
import { inflowsCommand } from './inflows.js';
import { keysCommand } from './keys.js';
import { migrateCommand } from './migrate.js';
import { newCommand } from './new-channel.js';
import { operationsCommand } from './operations.js';
import { promoteCommand } from './promote.js';
import { reconcileCommand } from './reconciliations.js';
import { refundFilesCommand } from './refund-files.js';
import { reportsCommand } from './reports.js';
import { runCommand } from './run.js';
import { secretsCommand } from './secrets.js';
import { simulateCommand } from './simulate.js';
import { startCommand } from './start.js';
import { statementsCommand } from './statements.js';
import { triggerCommand } from './trigger.js';
import { webhooksCommand } from './webhooks.js';

const ENVIRONMENT = `
Environment:
  DATABASE_URL       PostgreSQL; left out: an embedded database in ITPAY_DATA_DIR
  ITPAY_DATA_DIR     directory of the embedded database, its key and QR images (default: .itpay)
  ITPAY_SECRET_KEY   at least 32 random characters; required with DATABASE_URL
  ITPAY_SECRET_KEY_FILE  a file with one such key per line, newest first, in place of it; read again while running
  S3_BUCKET, S3_REGION  a bucket for files, in place of ITPAY_DATA_DIR; S3_ENDPOINT and others: docs/operations.md
  ITPAY_PUBLIC_URL   where the mount is reached from outside (default: http://localhost:PORT/itpay)
  PORT               where "itpay start" listens (default: 3000)
  ITPAY_URL          a running server that commands ask, in place of opening the database themselves
  ITPAY_API_KEY      a key of that server

Channels and other plugins come from itpay.config.js (or .mjs) in the current directory, or from --config FILE:
  import { promptpay } from '@itpay/channel-promptpay';
  export default { plugins: [promptpay({ target: '0812345678' })] };

Exit codes: 0 done, 1 failed, 2 wrong usage; "reconcile": 3 something differs.
`;

/** The `itpay` command. */
export function program(): Command {
  const itpay = new Command('itpay')
    .description('Embeddable payments: runs and administers an ItPay installation.')
    .option('--config <file>', 'file with the options of createItPay as its default export')
    .enablePositionalOptions() // options after "run NAME" are that command's
    .addHelpText('after', ENVIRONMENT)
    .exitOverride((error) => {
      process.exit(error.exitCode === 0 ? 0 : 2);
    });
  itpay.addCommand(startCommand());
  itpay.addCommand(migrateCommand());
  itpay.addCommand(promoteCommand());
  itpay.addCommand(doctorCommand());
  itpay.addCommand(secretsCommand());
  itpay.addCommand(keysCommand());
  itpay.addCommand(accountsCommand());
  itpay.addCommand(operationsCommand());
  itpay.addCommand(inflowsCommand());
  itpay.addCommand(statementsCommand());
  itpay.addCommand(reconcileCommand());
  itpay.addCommand(refundFilesCommand());
  itpay.addCommand(reportsCommand());
  itpay.addCommand(eventsCommand());
  itpay.addCommand(webhooksCommand());
  itpay.addCommand(triggerCommand());
  itpay.addCommand(simulateCommand());
  itpay.addCommand(runCommand());
  itpay.addCommand(newCommand());
  inherit(itpay);
  return itpay;
}

// Commands that are added ready-made do not take over how their parent ends the process.
function inherit(parent: Command): void {
  for (const command of parent.commands) {
    command.copyInheritedSettings(parent);
    inherit(command);
  }
}
