export { blobStoreContract, type BlobStoreContractOptions } from './blob-store-contract.js';
export { cacheContract } from './cache-contract.js';
export { capturedLogger, type CapturedLine, type CapturedLogger } from './captured-logger.js';
export {
  channelContract,
  type ChannelContractCase,
  type ChannelContractOptions,
} from './channel-contract/channel-contract.js';
export type {
  CallbackChange,
  ContractFault,
  ContractOperation,
  ContractRail,
} from './channel-contract/contract-rail.js';
export { databaseContract, type DatabaseUnderTest } from './database-contract.js';
export { fakeClock, type FakeClock } from './fake-clock.js';
export { fakeJobQueue, type FakeJobQueue } from './fake-job-queue.js';
export { jobQueueContract, type JobQueuesUnderTest } from './job-queue-contract.js';
export { aWhile, pubSubContract } from './pubsub-contract.js';
export { rateLimiterContract, type LimitersUnderTest } from './rate-limiter-contract.js';
export { seededIds, seededRandom } from './seeded.js';
export {
  testInstance,
  type TestablePay,
  type TestAnswer,
  type TestInstance,
  type TestInstanceOptions,
  type TestRequest,
} from './test-instance.js';
export * from './fake-rail/index.js';
