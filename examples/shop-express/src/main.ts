import { createApp } from './app.js';
import { readConfig } from './config.js';
import { migrate, openDatabase } from './database.js';
import { DEMO_USERS, fillWithDemoData } from './demo-data.js';
import { openPayments } from './payments/payments.js';

try {
  const config = readConfig();
  const payments = await openPayments(config);
  // Without DATABASE_URL the shop's tables lie in ItPay's embedded PostgreSQL.
  const db = config.databaseUrl ? openDatabase(config.databaseUrl) : payments.pay.knex;
  await migrate(db);
  await fillWithDemoData(db);

  const server = createApp(db, payments).listen(config.port, config.host, (error) => {
    if (error) throw error;
    console.log(`\n  Doi Roast sells at ${config.shopUrl}. Sign in as\n`);
    for (const { email, password } of DEMO_USERS) console.log(`    ${email.padEnd(22)} ${password}`);
    console.log('\n  Stop with Ctrl+C. Everything is kept for the next start.\n');
  });

  const stop = async () => {
    server.close();
    await payments.stop();
    await db.destroy();
    process.exit(0);
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
} catch (error) {
  console.error(`The shop did not start. ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
