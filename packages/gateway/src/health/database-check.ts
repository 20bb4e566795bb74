import { statement, type Database, type HealthCheck } from '@itpay/kernel';

export function databaseCheck(database: Database): HealthCheck {
  return {
    name: 'database',
    check: async () => {
      await database.query(PING, {});
    },
  };
}

const PING = statement<object, { alive: number }>('gateway_ping', `select 1 as alive`);
