import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { request, route, testHandle } from '../../../test/fakes.js';
import { describeRoutes } from '../document.js';
import { referenceRoute } from './route.js';

const Thing = z.object({ id: z.string(), note: z.string().nullable() }).meta({ id: 'Thing' });
const create = route({
  method: 'POST',
  path: '/v1/things/{id}',
  summary: 'Create <a> thing',
  description: 'It is "new" & `fresh`.',
  params: z.object({ id: z.string() }),
  body: z.strictObject({ note: z.string().meta({ example: "it's <new>" }) }),
  answers: { 201: { description: 'The thing.', schema: Thing } },
  errors: ['AMOUNT_TOO_SMALL'],
});
const { handle } = testHandle([
  referenceRoute(() => describeRoutes([create], { publicUrl: 'https://shop.example/itpay' })),
]);
const page = async () => {
  const { status, headers, body } = await handle(request({ url: '/docs' }));
  return { status, headers, body: String(body) };
};

it('shows each endpoint with its scope, parameters, answers and errors', async () => {
  const { status, headers, body } = await page();

  expect(status).toBe(200);
  expect(headers['content-type']).toBe('text/html; charset=utf-8');
  expect(body).toContain('id="postThingsById"');
  expect(body).toContain('href="#postThingsById"');
  expect(body).toContain('<code>payments:write</code>');
  expect(body).toContain('<code>Idempotency-Key</code>');
  expect(body).toContain('href="errors/AMOUNT_TOO_SMALL"');
});

it('has a command to copy, with what the endpoint needs', async () => {
  const { body } = await page();

  const [, command] = /<pre>(curl https:\/\/shop.example\/itpay\/v1\/things[^]*?)<\/pre>/.exec(body)!;
  expect(command).toContain('/v1/things/ID');
  expect(command).toContain('-X POST');
  expect(command).toContain('Authorization: Bearer API_KEY');
  expect(command).toContain('Idempotency-Key: A_FRESH_UUID');
  expect(command).toContain("it'\\''s &lt;new&gt;");
});

it('escapes what stands in descriptions, and shows what is in backticks as code', async () => {
  const { body } = await page();

  expect(body).toContain('Create &lt;a&gt; thing');
  expect(body).toContain('It is &quot;new&quot; &amp; <code>fresh</code>.');
});

describe('the page', () => {
  it('has no link within itself that leads nowhere', async () => {
    const { body } = await page();

    const targets = [...body.matchAll(/href="#([^"]+)"/g)].map(([, target]) => target!);
    expect(targets.length).toBeGreaterThan(3);
    expect(targets.filter((target) => !body.includes(`id="${target}"`))).toEqual([]);
  });

  it('allows its own style sheet and script, and loads nothing', async () => {
    const { headers, body } = await page();

    for (const [element, directive] of [
      ['style', 'style-src'],
      ['script', 'script-src'],
    ] as const) {
      const [, text] = new RegExp(`<${element}>([^]*?)</${element}>`).exec(body)!;
      const hash = createHash('sha256').update(text!).digest('base64');
      expect(headers['content-security-policy']).toContain(`${directive} 'sha256-${hash}'`);
    }
    expect(headers['content-security-policy']).toMatch(/^default-src 'none';/);
    expect(body).not.toMatch(/\ssrc=|<link|\sstyle=|\son\w+=/);
  });
});
