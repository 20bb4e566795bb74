import { point } from './token.js';

/** Says whether something that we depend on works. Shown by `/v1/ready`. */
export interface HealthCheck {
  /** `database`, `channel:promptpay`. */
  readonly name: string;
  /** Resolves when it works; rejects with the reason. Ends within five seconds either way. */
  check(): Promise<void>;
}

/** Extension point: what `/v1/ready` asks. */
export const HealthChecks = point<HealthCheck>('health-checks');
