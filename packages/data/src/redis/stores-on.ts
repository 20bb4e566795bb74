import type { Logger } from '@itpay/kernel';
import { bullmqJobQueue } from '../bullmq/job-queue.js';
import { redisCache } from './cache.js';
import { firstContact, type RedisConnections } from './connect.js';
import { Gate } from './gate.js';
import { redisPubSub } from './pubsub.js';
import { redisRateLimiter } from './rate-limiter.js';
import type { RedisStores } from './stores.js';

// Apart from `openRedisStores`, so that the types of the package name nothing of ioredis, which may be missing.
/** What stands on these connections. */
export async function storesOn(connections: RedisConnections, prefix: string, logger: Logger): Promise<RedisStores> {
  const client = connections.client('request');
  const gate = new Gate(client, `${prefix}:probe`);
  await firstContact(client);
  return {
    pubsub: redisPubSub({ redis: connections, gate, prefix, logger }),
    rateLimiter: ({ clock, logger: limiterLogger }) => redisRateLimiter({ gate, prefix, clock, logger: limiterLogger }),
    cache: redisCache({ gate, prefix }),
    check: {
      name: 'redis',
      check: async () => {
        await gate.ask((redis) => redis.ping());
      },
    },
    openQueue: () => bullmqJobQueue({ redis: connections, prefix, logger }),
    close: () => connections.close(),
  };
}
