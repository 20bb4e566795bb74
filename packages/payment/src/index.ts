export { PaymentApi, type CallOptions, type ListFilter, type Page } from './api.js';
export type { CreateIntentInput } from './intent/input.js';
export type { Payer, PaymentIntent, PresentedIntent } from './intent/intent.js';
export { intentMachine, isClosed, isOpen, STATUS_RANK, type IntentStatus } from './intent/machine.js';
export type { WireIntent } from './intent/wire.js';
export { payment } from './plugin.js';
export type { PayerView } from './payer-view.js';
export { qrChargeMachine, type QrCharge, type QrChargeStatus } from './qr-charge/qr-charge.js';
export { DEFAULT_POLICY, POLICIES, type PaymentPolicy, type Policy } from './inflow/inflow.js';
