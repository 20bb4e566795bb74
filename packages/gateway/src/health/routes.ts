import { defineRoute, type HealthCheck, type Logger, type Route } from '@itpay/kernel';
import { z } from 'zod';
import { VERSION } from '../version.js';
import { runChecks } from './run-checks.js';

export function healthRoutes(checks: readonly HealthCheck[], logger: Logger): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/health',
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
      summary: 'Say whether requests can be served',
      description: 'Asks everything that requests depend on, each for at most five seconds. For readiness probes.',
      tag: 'Service',
      access: 'public',
      answers: {
        200: { description: 'Everything works.', schema: Readiness },
        503: { description: 'Something that requests depend on does not work.', schema: Readiness },
      },
      errors: [],
      run: async () => {
        const body: z.infer<typeof Readiness> = await runChecks(checks, logger);
        return { status: body.status === 'ok' ? 200 : 503, body };
      },
    }),
  ];
}

const Health = z.strictObject({
  status: z.literal('ok'),
  version: z.string().meta({ description: 'The version of the software that answers.' }),
});

const State = z.enum(['ok', 'failed']);

const Readiness = z.strictObject({
  status: State,
  checks: z.record(z.string(), State).meta({ description: 'By what was asked: `database`, `channel:promptpay`.' }),
});
