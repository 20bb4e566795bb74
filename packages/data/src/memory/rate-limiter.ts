import { readBucket, type Clock, type RateLimiter } from '@itpay/kernel';

interface Bucket {
  fullAtMs: number;
  busySinceMs: number;
}

/** About 200 bytes each. A bucket that was pushed out by others begins full again. */
const MOST_BUCKETS = 50_000;

/** RateLimiter for one process: several processes allow each caller its limits several times. */
export function memoryRateLimiter({
  clock,
  mostBuckets = MOST_BUCKETS,
}: {
  clock: Clock;
  mostBuckets?: number;
}): RateLimiter {
  // In the order of their last use: a Map keeps the order in which keys were set.
  const buckets = new Map<string, Bucket>();
  /** Only of keys that hold a place, so requests that run bound it. */
  const places = new Map<string, number>();

  const use = (key: string): Bucket => {
    const known = buckets.get(key);
    if (known !== undefined) buckets.delete(key);
    else if (buckets.size >= mostBuckets) buckets.delete(buckets.keys().next().value!);
    const bucket = known ?? { fullAtMs: 0, busySinceMs: 0 };
    buckets.set(key, bucket);
    return bucket;
  };

  return {
    take: async (key, limit) => {
      const nowMs = clock.now().getTime();
      const bucket = use(key);
      // No bucket is emptier than empty: the clock went back, and nobody waits for an hour because of that.
      const atMost = nowMs + ((limit.burst + 1) * 1000) / limit.perSecond;
      if (bucket.fullAtMs <= nowMs || bucket.fullAtMs > atMost) {
        bucket.fullAtMs = nowMs;
        bucket.busySinceMs = nowMs;
      }
      const allowed = readBucket(bucket, limit, nowMs, true).remaining >= 1;
      if (allowed) bucket.fullAtMs += 1000 / limit.perSecond;
      return readBucket(bucket, limit, nowMs, allowed);
    },
    enter: async (key, most) => {
      const taken = places.get(key) ?? 0;
      if (taken >= most) return null;
      places.set(key, taken + 1);
      let left = false;
      return {
        leave: () => {
          if (left) return;
          left = true;
          const others = (places.get(key) ?? 1) - 1;
          if (others > 0) places.set(key, others);
          else places.delete(key);
        },
      };
    },
    close: async () => {
      buckets.clear();
      places.clear();
    },
  };
}
