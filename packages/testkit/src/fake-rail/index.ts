// Apart from the package's main entry, so that a process without vitest can use them: `@itpay/testkit/fake-rail`.
export { FAKE_CAPABILITIES, type FakeChannelOptions } from '../fake-channel/config.js';
export { fakeChannel } from '../fake-channel/channel.js';
export { BEHAVIOUR_OF, fakeContractRail } from '../fake-channel/contract-rail.js';
export type { BookedCapture, BookedOrder, BookedPayment, BookedRefund, BookEntry, RailBooks } from './books.js';
export type { Delivery, DeliverOptions, PendingCallback } from './callback-queue.js';
export type { FakeRail, PayOptions } from './rail.js';
export type { Behaviour, ScriptRule } from './script.js';
export { signed, type Signed } from './signature.js';
export { createFakeRailServer, startFakeRail, type FakeRailOptions } from './start.js';
export type { EventKind, RailOperation, WireEvent, WireStatementRow } from './wire.js';
