// The only file that imports OpenTelemetry's API. Without an SDK in the process its calls do nothing.
import {
  context,
  createContextKey,
  isSpanContextValid,
  metrics,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Histogram,
  type Meter,
  type ObservableGauge,
  type ObservableResult,
  type Span,
} from '@opentelemetry/api';
import type { Logger } from '../ports/logger.js';
import { token, type Token } from '../token.js';
import type { Gauge } from './gauge.js';
import { DURATIONS, type DurationName } from './names.js';

/** Values of spans and metrics: ids, names and codes; never what a payer, a key or a channel said. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  /** `server` answers somebody, `client` calls somebody. Left out: work inside this process. */
  readonly kind?: 'server' | 'client';
  readonly attributes?: Attributes;
  /** Of the request that started it: a `traceparent` among them continues the caller's trace. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Log lines that are written inside of the span carry it as `requestId`, when an SDK keeps track of who runs. */
  readonly requestId?: string;
}

/** A span that is open. It ends by itself. */
export interface OpenSpan {
  set(attributes: Attributes): void;
  rename(name: string): void;
  /** Marks what it stands for as failed. @param type a code or a category, never a message */
  fail(type: string): void;
}

/** Of the span in which a log line is written. */
export interface TraceFields {
  readonly trace_id?: string;
  readonly span_id?: string;
  readonly requestId?: string;
}

/**
 * Spans and metrics, for whatever OpenTelemetry SDK the host has registered before it started ItPay. There is none: nothing
 * happens, at next to no cost.
 */
export class Telemetry {
  static readonly token: Token<Telemetry> = token<Telemetry>('telemetry');

  readonly #meter: Meter = metrics.getMeter(SCOPE);
  readonly #histograms: ReadonlyMap<DurationName, Histogram> = new Map(
    Object.entries(DURATIONS).map(([name, description]) => [
      name as DurationName,
      this.#meter.createHistogram(name, { description, unit: 's', advice: { explicitBucketBoundaries: BUCKETS_S } }),
    ]),
  );
  readonly #unobserve: (() => void)[] = [];

  /**
   * Runs `work` inside a span, which ends with it. What it throws marks the span as failed, by the error's code or name: its
   * message may hold anything.
   */
  async span<T>(name: string, options: SpanOptions, work: (span: OpenSpan) => Promise<T>): Promise<T> {
    const { kind = 'internal', attributes, headers, requestId } = options;
    let parent = context.active();
    if (headers?.['traceparent'] !== undefined) parent = propagation.extract(parent, headers);
    if (requestId !== undefined) parent = parent.setValue(REQUEST_ID, requestId);
    const span = trace
      .getTracer(SCOPE)
      .startSpan(name, { kind: KINDS[kind], ...(attributes && { attributes }) }, parent);
    return context.with(trace.setSpan(parent, span), async () => {
      try {
        return await work(opened(span));
      } catch (error) {
        failed(span, typeOf(error));
        throw error;
      } finally {
        span.end();
      }
    });
  }

  /** @param seconds how long it took */
  duration(name: DurationName, seconds: number, attributes: Attributes): void {
    this.#histograms.get(name)!.record(Math.max(0, seconds), attributes);
  }

  /** Reads the gauges whenever the SDK collects, and at no other time. One that fails is left out of that collection. */
  observe(gauges: readonly Gauge[], logger: Logger): void {
    for (const gauge of gauges) {
      const { name, description, unit } = gauge;
      const instrument: ObservableGauge = this.#meter.createObservableGauge(name, { description, unit });
      const read = async (result: ObservableResult) => {
        try {
          for (const { value, attributes } of await gauge.read()) result.observe(value, attributes);
        } catch (error) {
          logger.warn({ err: error, gauge: name }, 'A gauge could not be read.');
        }
      };
      instrument.addCallback(read);
      this.#unobserve.push(() => instrument.removeCallback(read));
    }
  }

  close(): void {
    for (const stop of this.#unobserve.splice(0)) stop();
  }
}

/** What a log line says about the span that it is written in; nothing where there is none. */
export function traceFields(): TraceFields {
  const active: Context = context.active();
  const span = trace.getSpanContext(active);
  const requestId = active.getValue(REQUEST_ID);
  return {
    ...(span !== undefined && isSpanContextValid(span) && { trace_id: span.traceId, span_id: span.spanId }),
    ...(typeof requestId === 'string' && { requestId }),
  };
}

const SCOPE = 'itpay';
const REQUEST_ID = createContextKey('itpay.request_id');
const KINDS = { internal: SpanKind.INTERNAL, server: SpanKind.SERVER, client: SpanKind.CLIENT } as const;
// Those of http.server.request.duration; the last ones are for a payer who takes minutes, and a callback that is late.
// https://opentelemetry.io/docs/specs/semconv/http/http-metrics/
const BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 300, 3600];

function opened(span: Span): OpenSpan {
  return {
    set: (attributes) => void span.setAttributes(attributes),
    rename: (name) => void span.updateName(name),
    fail: (type) => failed(span, type),
  };
}

function failed(span: Span, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

function typeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : error.name;
}
