export { simulator, type SimulatorOptions } from './plugin.js';
export { bankTransferPayers } from './bank-transfer/payer.js';
export { promptpayPayer } from './promptpay/payer.js';
export { railControl, RailRefusal, type CallbackChange, type RailControl } from './kit/client.js';
export type { Act } from './kit/server.js';
export type { Behaviour, ScriptRule } from './kit/script.js';
export type { Delivery, DeliverOptions, PendingCallback, WrittenCallback } from './kit/callbacks.js';
export {
  startScbSimulator,
  type ScbCredentials,
  type ScbSimulator,
  type ScbSimulatorOptions,
} from './scb/simulator.js';
export {
  startWechatSimulator,
  type WechatCredentials,
  type WechatMode,
  type WechatSimulator,
  type WechatSimulatorOptions,
} from './wechat/simulator.js';
export {
  startAlipaySimulator,
  type AlipayCredentials,
  type AlipaySimulator,
  type AlipaySimulatorOptions,
} from './alipay/simulator.js';
export {
  startSnapSimulator,
  type SnapCredentials,
  type SnapProfile,
  type SnapSimulator,
  type SnapSimulatorOptions,
} from './snap/simulator.js';
