import { describe } from 'vitest';
import { fakeJobQueue } from './fake-job-queue.js';
import { jobQueueContract } from './job-queue-contract.js';

describe('the fake queue', () => {
  jobQueueContract(async () => {
    const queue = fakeJobQueue();
    return { queue, elsewhere: queue.elsewhere() };
  });
});
