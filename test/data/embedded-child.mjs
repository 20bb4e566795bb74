// A process that uses the embedded database until it is told otherwise: node embedded-child.mjs <mode> <directory>
import { openPglite } from '@itpay/data';

const [mode, directory] = process.argv.slice(2);
const database = await openPglite({ directory, schema: 'itpay' });
await database.knex.raw('create table if not exists t (n int primary key)');
console.log('open');

const insert = (n) => database.knex.raw('insert into t values (?)', [n]);
const { rows } = await database.knex.raw('select coalesce(max(n), 0) as last from t');

if (mode === 'write') {
  for (let n = rows[0].last + 1; ; n += 1) {
    await insert(n);
    console.log(`saved ${n}`);
  }
}
if (mode === 'forget') await insert(1); // and does not close: an idle database must not keep the process alive
if (mode === 'close') await database.close();
if (mode === 'idle') setInterval(() => {}, 1000);
