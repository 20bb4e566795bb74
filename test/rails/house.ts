import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mount } from '@itpay/express';
import type { CallContext, Channel } from '@itpay/kernel';
import type { RailControl } from '@itpay/simulator';
import express from 'express';
import type { ItPayOptions } from 'itpay';
import { contents } from '../scenarios/tables.js';
import { whenFileEnds } from '../support/cleanup.js';
import { testPay } from '../support/pay.js';
import { RAILS, type RailFacts, type RailName, type StartedRail } from './rails.js';

export type House = Awaited<ReturnType<typeof houseWith>>;
type Answer = Awaited<ReturnType<Awaited<ReturnType<typeof testPay>>['request']>>;

/** Simulators make keys, and a busy machine takes its time for that. */
export const STARTS_WITHIN_MS = 120_000;
/** 250.00 of whatever the rail counts. */
export const AMOUNT = 25_000;
const START = new Date('2025-01-01T00:00:00Z');

/**
 * A shop that takes payments over real adapters, each at a simulator of its rail, mounted in Express on this machine. Rails
 * and shop have one clock.
 */
export async function houseWith(names: readonly RailName[], options: Partial<ItPayOptions> = {}) {
  const clock = { now: () => START };
  const now = () => clock.now();
  const started = await Promise.all(names.map(async (name) => [name, await RAILS[name].start(now)] as const));
  for (const [, { close }] of started) whenFileEnds(close);
  const hanging = { up: new AbortController() };
  for (const [, { plugin }] of started) for (const channel of plugin.channels) letHangUp(hanging, channel);

  const { publicUrl, use } = await listen();
  const t = await testPay({ publicUrl, plugins: started.map(([, { plugin }]) => plugin), ...options });
  use(mount(t.pay));
  clock.now = () => t.clock.now();
  for (const [, { register }] of started) register?.(publicUrl);

  const rails = Object.fromEntries(started.map(([name, rail]) => [name, railIn(name, rail)]));
  function railIn(name: RailName, { plugin, control, credentials, configure }: StartedRail) {
    const facts: RailFacts = RAILS[name].facts;
    const { channel, currency } = facts;
    const books = async () => control?.books();
    const post = (path: string, body: object, idempotencyKey?: string): Promise<Answer> =>
      t.request('POST', path, { body, ...(idempotencyKey !== undefined && { idempotencyKey }) });
    const create = (more: object = {}, idempotencyKey?: string) => {
      const body = { amount: { currency, value: AMOUNT }, channel, order_reference: nextOrder(), ...more };
      return post('/v1/payment-intents', body, idempotencyKey);
    };
    const opened = async (more: object = {}) => {
      const { status, body } = await create(more);
      if (status !== 201) throw new Error(`${name} opened no order: ${status} ${JSON.stringify(body)}`);
      return { id: body.id as string, reference: body.channel_reference as string };
    };
    const about = async (reference: string) =>
      (await control!.callbacks()).filter((callback) => callback.reference === reference);
    /** The payer pays, or lets the money be held, and the rail tells us. */
    const paid = async (more: object = {}) => {
      const order = await opened(more);
      if (control === undefined) {
        await post(`/v1/test-helpers/payment-intents/${order.id}/simulate`, { event: 'paid' });
        return order;
      }
      await control.act({ action: 'pay', reference: order.reference });
      const [told] = await control.deliverCallbacks({ reference: order.reference });
      if (told === undefined || facts.isNo(told.status ?? 500, told.body)) {
        throw new Error(`${name} was not understood: ${told?.status} ${told?.body}`);
      }
      return order;
    };
    return {
      name,
      facts,
      channel: plugin.channels.find(({ mode }) => mode === 'test')!,
      control: control as RailControl,
      credentials,
      configure,
      books,
      /** @param reference left out: of all orders */
      booked: async (reference?: string) => facts.booked(await books(), reference),
      create,
      opened,
      about,
      paid,
      held: () => paid({ capture_method: 'manual' }),
      capture: (id: string, key?: string) => post(`/v1/payment-intents/${id}/capture`, {}, key),
      cancel: (id: string, key?: string) => post(`/v1/payment-intents/${id}/cancel`, {}, key),
      /** @param value left out: what is left */
      refund: (
        id: string,
        value?: number,
        { key, ...more }: { readonly key?: string } & Record<string, unknown> = {},
      ) =>
        post(
          '/v1/refunds',
          { payment_intent_id: id, ...(value !== undefined && { amount: { currency, value } }), ...more },
          key,
        ),
    };
  }

  return {
    ...t,
    publicUrl,
    rail: (name: RailName) => rails[name]!,
    intent: async (id: string) => (await t.request('GET', `/v1/payment-intents/${id}`)).body,
    operations: async (id: string) =>
      (await t.request('GET', `/v1/operations?payment_intent_id=${id}&limit=100`)).body.data as any[],
    inflows: async (id: string) => (await t.request('GET', `/v1/inflows?payment_intent_id=${id}`)).body.data as any[],
    refundOf: async (id: string) => (await t.request('GET', `/v1/refunds/${id}`)).body,
    /** What every table holds; see `contents`. */
    tables: () => contents(t.pay.knex),
    later: async (duration: string) => {
      t.clock.advance(duration);
      await t.settle();
    },
    /** Calls to rails that are under way get no answer any more, as when their time is over. */
    hangUp() {
      hanging.up.abort();
      hanging.up = new AbortController();
    },
  };
}

export type RailOfHouse = ReturnType<House['rail']>;

let orders = 0;
const nextOrder = () => `order-${(orders += 1)}`;

/** What a rail answers to these is lost when somebody hangs up. */
const CALLS = ['authorize', 'capture', 'cancel', 'refund'] as const;
type Call = (request: unknown, context: CallContext) => unknown;

function letHangUp(hanging: { readonly up: AbortController }, channel: Channel): void {
  for (const name of CALLS) {
    const call = channel[name] as Call | undefined;
    if (call === undefined) continue;
    const interruptible: Call = (request, { signal }) =>
      call(request, { signal: AbortSignal.any([signal, hanging.up.signal]) });
    Object.assign(channel, { [name]: interruptible });
  }
}

/** An application of its own, in which ItPay is mounted once it is there. */
async function listen() {
  type Handler = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;
  let mounted: Handler = (_req, res) => void res.writeHead(503).end();
  const app = express();
  app.use('/itpay', (req, res, next) => mounted(req, res, next));
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  whenFileEnds(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  const publicUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/itpay`;
  return { publicUrl, use: (handler: Handler) => (mounted = handler) };
}
