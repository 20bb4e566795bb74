import { whenFileEnds } from './cleanup.js';
import { startRedis, startRedisCluster } from './redis.mjs';

export { redisNeed } from './redis.mjs';

/** A Redis of its own for the running test file, which ends with it. */
export async function freshRedis(options: Parameters<typeof startRedis>[0] = {}) {
  const server = await startRedis(options);
  whenFileEnds(server.stop);
  return server;
}

/** Three nodes of a Redis Cluster for the running test file, which end with it. */
export async function freshRedisCluster() {
  const cluster = await startRedisCluster();
  whenFileEnds(cluster.stop);
  return cluster;
}
