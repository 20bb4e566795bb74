import { defineRoute, type HealthCheck, type Logger, type Route } from '@itpay/kernel';
import { z } from 'zod';
import { VERSION } from '../version.js';
import { readiness } from './run-checks.js';

export function healthRoutes(checks: readonly HealthCheck[], logger: Logger): readonly Route[] {
  const ready = readiness(checks, logger);
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/health',
      rate: 'none',
      summary: 'Say whether the process lives',
      description: 'Asks nothing else, so it also answers while the database is away. For liveness probes.',
      tag: 'Service',
      access: 'public',
      answers: { 200: { description: 'It lives.', schema: Health } },
      errors: [],
      run: async () => ({ status: 200, body: { status: 'ok', version: VERSION } satisfies z.infer<typeof Health> }),
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/ready',
      rate: 'none',
      summary: 'Say whether requests can be served',
      description:
        'Asks everything that this process works with, and answers within five seconds. 503 only when something that is ' +
        'required does not work: the database, or its schema. For readiness probes; an answer stands for a second.',
      tag: 'Service',
      access: 'public',
      answers: {
        200: { description: 'Requests can be served.', schema: Readiness },
        503: { description: 'Something that requests cannot do without does not work.', schema: Readiness },
      },
      errors: [],
      run: async () => {
        const body: z.infer<typeof Readiness> = await ready();
        return { status: body.status === 'failed' ? 503 : 200, body };
      },
    }),
  ];
}

const Health = z.strictObject({
  status: z.literal('ok'),
  version: z.string().meta({ description: 'The version of the software that answers.' }),
});

const Readiness = z.strictObject({
  status: z
    .enum(['ok', 'degraded', 'failed'])
    .meta({ description: 'degraded: requests can be served, and something that should work does not' }),
  checks: z
    .record(
      z.string(),
      z.strictObject({
        state: z.enum(['ok', 'failed', 'off']).meta({ description: 'off: not in use in this process' }),
        required: z.boolean().meta({ description: 'Without it no request can be served' }),
        latency_ms: z.int().nonnegative(),
      }),
    )
    .meta({ description: 'By what was asked: `database`, `channel:promptpay:live`.' }),
});
