import { point } from '../token.js';

export interface GaugeReading {
  readonly value: number;
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
}

/** A figure that is looked up when somebody collects metrics: one cheap query, and only then. */
export interface Gauge {
  /** `itpay.payment.stuck_intents` */
  readonly name: string;
  readonly description: string;
  /** In UCUM: `{intent}`, `s`. */
  readonly unit: string;
  read(): Promise<readonly GaugeReading[]>;
}

/** Extension point: the figures that plugins bring. */
export const Gauges = point<Gauge>('gauges');
