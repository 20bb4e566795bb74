import { exponentOf, isCurrency, ItPayError } from '@itpay/core';
import { definePlugin, type Plugin } from '../plugin.js';
import { token, type Token } from '../token.js';
import { CAPABILITIES, channelInstanceKey, Channels, type Capability, type Channel } from './channel.js';
import { OPERATION_LEASE_MS } from './settle.js';

/** A plugin that brings the instances of one rail. `channels` is there for the contract suite and for tests. */
export interface ChannelPlugin extends Plugin<string, undefined> {
  readonly channels: readonly Channel[];
}

/**
 * Makes a channel into a plugin. Several instances (a live and a simulated one) may come together.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` naming the field when the facts contradict each other
 */
export function defineChannel(...instances: readonly [Channel, ...Channel[]]): ChannelPlugin {
  for (const channel of instances) checkFacts(channel);
  const [first] = instances;
  if (instances.some((channel) => channel.id !== first.id)) {
    throw invalid(first, 'id', 'All instances of one defineChannel call belong to one rail and share its id.');
  }
  const plugin = definePlugin({
    name: `channel-${first.id}`,
    version: '1',
    register: (registry) => registry.contribute(Channels, [], () => instances),
  });
  return { ...plugin, channels: instances };
}

function checkFacts(channel: Channel): void {
  if (!/^[a-z][a-z0-9_]{0,39}$/.test(channel.id)) {
    throw invalid(channel, 'id', 'Use lower case letters, digits and "_", at most 40.');
  }
  if (channel.mode !== 'live' && channel.mode !== 'test') throw invalid(channel, 'mode', 'Use "live" or "test".');
  if (channel.merchantAccount.trim() === '') throw invalid(channel, 'merchantAccount', 'Say who receives the money.');
  if (channel.currencies.length === 0) throw invalid(channel, 'currencies', 'Name at least one ISO 4217 code.');
  for (const currency of channel.currencies) {
    if (!isCurrency(currency)) throw invalid(channel, 'currencies', `"${currency}" is not an ISO 4217 code.`);
  }
  for (const capability of channel.capabilities) {
    if (!CAPABILITIES.includes(capability)) throw invalid(channel, 'capabilities', `"${capability}" is not known.`);
  }
  const { maxLength, alphabet } = channel.reference;
  // 60 bits keep the risk of two equal references below one in a billion at 30 000 open payments.
  if (new Set(alphabet).size !== alphabet.length || !(maxLength * Math.log2(alphabet.length) >= 60)) {
    throw invalid(
      channel,
      'reference',
      'The alphabet repeats a character, or leaves less than 60 bits for a reference.',
    );
  }
  if (!Number.isInteger(maxLength)) throw invalid(channel, 'reference', 'maxLength is a whole number of characters.');
  for (const [currency, exponent] of Object.entries(channel.exponentOverrides ?? {})) {
    if (!channel.currencies.includes(currency)) {
      throw invalid(channel, 'exponentOverrides', `${currency} is not among its currencies.`);
    }
    if (!Number.isInteger(exponent) || exponent < 0 || exponent > exponentOf(currency)) {
      throw invalid(
        channel,
        'exponentOverrides',
        `${currency} has ${exponentOf(currency)} decimals; the rail may have fewer.`,
      );
    }
  }
  for (const [currency, { min = 1n, max }] of Object.entries(channel.limits ?? {})) {
    if (!channel.currencies.includes(currency))
      throw invalid(channel, 'limits', `${currency} is not among its currencies.`);
    if (min < 1n || (max !== undefined && max < min)) {
      throw invalid(channel, 'limits', `For ${currency}, min is at least 1 and max not below it, in minor units.`);
    }
  }
  checkMethods(channel);
  if (channel.simulated && channel.mode === 'live') {
    throw invalid(channel, 'simulated', 'A simulated channel is for test mode; live money needs a real one.');
  }
}

/** Which methods a capability stands for. What is declared is there, and what is there is declared. */
const METHODS = {
  deep_link: ['deepLink'],
  manual_capture: ['capture'],
  refund: ['refund', 'queryRefund'],
  callback: ['verifyCallback'],
  close_order: ['cancel'],
  refund_file: ['refundFile'],
} as const satisfies Partial<Record<Capability, readonly (keyof Channel)[]>>;

function checkMethods(channel: Channel): void {
  if ((channel.encode === undefined) === (channel.authorize === undefined)) {
    throw invalid(channel, 'encode', 'Give encode (a code that needs no network) or authorize, one of the two.');
  }
  if (channel.authorize !== undefined && channel.query === undefined) {
    throw invalid(
      channel,
      'query',
      'A rail with authorize needs query: after a timeout only the rail knows what happened.',
    );
  }
  for (const [capability, methods] of Object.entries(METHODS)) {
    const declared = channel.capabilities.includes(capability as Capability);
    for (const method of methods) {
      if (declared && channel[method] === undefined) {
        throw invalid(channel, method, `The capability "${capability}" needs it.`);
      }
      if (!declared && channel[method] !== undefined) {
        throw invalid(channel, 'capabilities', `It has ${method}, so it declares "${capability}" too.`);
      }
    }
  }
  checkStatements(channel);
  const { timeoutMs } = channel;
  if (timeoutMs !== undefined && !(timeoutMs > 0 && timeoutMs < OPERATION_LEASE_MS)) {
    throw invalid(channel, 'timeoutMs', `It is above 0 and below ${OPERATION_LEASE_MS}, in milliseconds.`);
  }
}

function checkStatements(channel: Channel): void {
  const { parseStatement, fetchStatement, statementDays, refundFile, refund } = channel;
  const has = parseStatement !== undefined || fetchStatement !== undefined;
  if (channel.capabilities.includes('statement') !== has) {
    throw invalid(channel, 'capabilities', '"statement" goes together with parseStatement or fetchStatement.');
  }
  if ((fetchStatement === undefined) !== (statementDays === undefined)) {
    throw invalid(channel, 'statementDays', 'It goes together with fetchStatement.');
  }
  const { utcOffset, readyAt } = statementDays ?? { utcOffset: '+00:00', readyAt: '00:00' };
  if (!/^[+-](?:0\d|1[0-4]):[0-5]\d$/.test(utcOffset) || !/^(?:[01]\d|2[0-3]):[0-5]\d$/.test(readyAt)) {
    throw invalid(channel, 'statementDays', "It reads like { utcOffset: '+08:00', readyAt: '10:00' }.");
  }
  if (refundFile !== undefined && refund !== undefined) {
    throw invalid(channel, 'refundFile', 'It is for a rail without refund.');
  }
}

function invalid(channel: Channel, field: string, advice: string): ItPayError {
  return new ItPayError('CONFIGURATION_INVALID', {
    message: `Channel "${channel.id}": ${field} is not usable. ${advice}`,
    param: field,
  });
}

/**
 * Finds instances by rail and mode.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` when two plugins bring the same instance, or two instances of one rail in one mode
 */
export class ChannelRegistry {
  static readonly token: Token<ChannelRegistry> = token<ChannelRegistry>('channel-registry');

  readonly #byMode: Readonly<Record<'live' | 'test', ReadonlyMap<string, Channel>>>;

  constructor(channels: readonly Channel[]) {
    const byMode = { live: new Map<string, Channel>(), test: new Map<string, Channel>() };
    for (const channel of channels) {
      const taken = byMode[channel.mode].get(channel.id);
      if (taken !== undefined) {
        throw new ItPayError('CONFIGURATION_INVALID', {
          message:
            `Two plugins bring the ${channel.mode} channel "${channel.id}" ` +
            `(${channelInstanceKey(taken)} and ${channelInstanceKey(channel)}). List one of them.`,
          param: 'plugins',
        });
      }
      byMode[channel.mode].set(channel.id, channel);
    }
    this.#byMode = byMode;
  }

  get(id: string, mode: 'live' | 'test'): Channel | undefined {
    return this.#byMode[mode].get(id);
  }

  /** The instance under whose key rows were written; undefined once it is no longer configured. */
  byKey(instance: string): Channel | undefined {
    return [...this.list('live'), ...this.list('test')].find((channel) => channelInstanceKey(channel) === instance);
  }

  /** In the order in which the plugins were listed. */
  list(mode: 'live' | 'test'): readonly Channel[] {
    return [...this.#byMode[mode].values()];
  }
}
