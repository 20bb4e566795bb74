import { API_VERSION } from '@itpay/core';
import { API_VERSIONS, defineRoute, type Route } from '@itpay/kernel';
import { z } from 'zod';

export function versionRoutes(): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/versions',
      summary: 'List the versions of this API',
      description:
        'Newest first, each with what it changed. The header `ItPay-Version` names one for a request; without it, the ' +
        'version that the key is pinned to applies, and otherwise the newest.',
      tag: 'Service',
      access: 'public',
      answers: { 200: { description: 'The versions, newest first.', schema: Versions } },
      errors: [],
      run: async () => ({ status: 200, body: VERSIONS }),
    }),
  ];
}

const Version = z
  .object({
    object: z.literal('api_version'),
    version: z.string().meta({ example: API_VERSION }),
    newest: z.boolean(),
    changes: z.array(
      z.object({
        object: z.string().meta({ description: 'What it is about, as its `object` says', example: 'payment_intent' }),
        description: z.string(),
      }),
    ),
  })
  .meta({ id: 'ApiVersion' });
const Versions = z.object({ object: z.literal('list'), data: z.array(Version) }).meta({ id: 'ApiVersionList' });

const VERSIONS: z.infer<typeof Versions> = {
  object: 'list',
  data: API_VERSIONS.map(({ version, changes }) => ({
    object: 'api_version',
    version,
    newest: version === API_VERSION,
    changes: changes.map(({ object, description }) => ({ object, description })),
  })),
};
