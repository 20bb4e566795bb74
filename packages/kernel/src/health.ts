import { point } from './token.js';

/** Says whether something that we depend on works. Shown by `/v1/ready`. */
export interface HealthCheck {
  /** `database`, `channel:promptpay:live`. */
  readonly name: string;
  /** True: without it no request can be served, and `/v1/ready` answers 503. Left out: it works worse, but it works. */
  readonly required?: boolean;
  /** Resolves when it works, with `off` when it is not in use here; rejects with the reason. Cut off after four seconds. */
  check(): Promise<void | 'off'>;
}

/** Extension point: what `/v1/ready` asks. */
export const HealthChecks = point<HealthCheck>('health-checks');
