import { execFile } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { promptpay } from '@itpay/channel-promptpay';
import { fromNode, writeNode } from '@itpay/gateway';
import { testInstance } from '@itpay/testkit';
import { Validator } from '@seriousme/openapi-schema-validator';
import { createItPay } from 'itpay';
import openapiTypescript from 'openapi-typescript';
import { beforeAll, describe, expect, it } from 'vitest';
import { whenFileEnds } from '../support/cleanup.js';
import { freshDirectory } from '../support/database.js';
import { freePort } from '../support/process.js';

const run = promisify(execFile);
const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));

let url: string;
let key: string;
let document: any;

beforeAll(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const t = await testInstance(createItPay, {
    publicUrl: url,
    plugins: [promptpay({ target: '0812345678' })],
    dataDir: await freshDirectory(),
  });
  const server = createServer((req, res) => {
    void t.pay.handle(fromNode(req, res, { url: req.url! })).then((answer) => writeNode(res, answer));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  whenFileEnds(async () => {
    server.close();
    server.closeAllConnections();
    await t.stop();
  });
  key = t.testKey;
  document = await (await fetch(`${url}/v1/openapi.json`)).json();
});

const operations = () => Object.values<any>(document.paths).flatMap((item) => Object.values<any>(item));

it('is a valid OpenAPI 3.1 document, as another program reads it', async () => {
  const result = await new Validator().validate(structuredClone(document));

  expect(result.errors).toBeUndefined();
  expect(result.valid).toBe(true);
});

it('is refused by that program once it is broken', async () => {
  const broken = structuredClone(document);
  delete broken.paths['/v1/refunds'].post.responses['201'].description;

  expect((await new Validator().validate(broken)).valid).toBe(false);
});

describe('every operation', () => {
  it('has a name of its own, and a group that is explained', () => {
    const names = operations().map(({ operationId }) => operationId);
    const explained = document.tags.filter(({ description }: any) => description).map(({ name }: any) => name);

    expect(new Set(names).size).toBe(names.length);
    expect(explained).toEqual(expect.arrayContaining(['Payment intents', 'Refunds', 'Audit log', 'Service']));
  });

  it('that takes or gives JSON shows an example of it', () => {
    const bodies = operations().flatMap(({ requestBody, responses }) => [
      requestBody?.content['application/json'],
      ...Object.entries<any>(responses).flatMap(([status, { content }]) =>
        status < '300' && content?.['application/json']?.schema ? [content['application/json']] : [],
      ),
    ]);

    expect(bodies.filter((body) => body !== undefined && body.example === undefined)).toEqual([]);
  });
});

it('takes the example of the description as a request', async () => {
  const body = document.paths['/v1/payment-intents'].post.requestBody.content['application/json'].example;

  const answer = await fetch(`${url}/v1/payment-intents`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'idempotency-key': 'example' },
    body: JSON.stringify(body),
  });

  expect(answer.status).toBe(201);
});

// Whoever generates a client finds out here, and not in production, that the description lies.
const PROGRAM = `
import createClient from 'openapi-fetch';
import type { paths, components } from './api.js';

declare const process: { env: Record<string, string> };
const client = createClient<paths>({
  baseUrl: process.env['URL']!,
  headers: { authorization: 'Bearer ' + process.env['KEY'] },
});
let keys = 0;
const header = () => ({ 'Idempotency-Key': 'client-' + keys++ });

async function create(order_reference: string): Promise<components['schemas']['PaymentIntent']> {
  const { data, error } = await client.POST('/v1/payment-intents', {
    params: { header: header() },
    body: { amount: { currency: 'THB', value: 19900 }, order_reference },
  });
  if (data === undefined) throw new Error(error.error.code);
  return data;
}

const created = [await create('a'), await create('b'), await create('c')];
const id = created[0]!.id;

const read = await client.GET('/v1/payment-intents/{id}', {
  params: { path: { id }, query: { expand: 'qr' }, header: { 'ItPay-Version': '2026-11-22' } },
});
const captured: number | undefined = read.data?.amount_captured.value;
const text: string | undefined = read.data?.qr?.qr_data;

const listed: string[] = [];
let starting_after: string | undefined;
do {
  const page = await client.GET('/v1/payment-intents', { params: { query: { limit: 2, starting_after } } });
  listed.push(...page.data!.data.map((intent) => intent.id));
  starting_after = page.data!.next_cursor ?? undefined;
} while (starting_after !== undefined);

await client.POST('/v1/test-helpers/payment-intents/{id}/simulate', {
  params: { path: { id }, header: header() },
  body: { event: 'paid' },
});
const refunded = await client.POST('/v1/refunds', {
  params: { header: header() },
  body: { payment_intent_id: id, amount: { currency: 'THB', value: 900 } },
});

const missing = await client.GET('/v1/refunds/{id}', { params: { path: { id: 'ref_nothing' } } });
const code: string | undefined = missing.error?.error.code;
const retryable: boolean | undefined = missing.error?.error.retryable;

// @ts-expect-error there is no such path
client.GET('/v1/nothing').catch(() => {});
// @ts-expect-error an amount has a currency
const wrong: components['schemas']['Amount'] = { value: 1 };

console.log(JSON.stringify({
  created: created.map((intent) => intent.id), listed, captured, text,
  refund: refunded.data?.status, status: missing.response.status, code, retryable,
  version: read.response.headers.get('itpay-version'), wrong: typeof wrong,
}));
`;

it('makes a client that compiles, and that creates, reads, lists and refunds', async () => {
  const folder = await freshDirectory();
  await symlink(modules, join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await writeFile(join(folder, 'api.d.ts'), await openapiTypescript(structuredClone(document)));
  await writeFile(join(folder, 'program.ts'), PROGRAM);
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: false,
    module: 'nodenext',
    target: 'es2022',
    lib: ['es2023', 'dom', 'dom.iterable'],
    types: [],
    skipLibCheck: true,
    outDir: 'out',
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }));

  const compiled = await run(process.execPath, [join(modules, 'typescript/bin/tsc'), '-p', folder], {
    cwd: folder,
  }).catch((error: { stdout: string }) => error);
  expect(compiled.stdout).toBe('');
  const { stdout } = await run(process.execPath, [join(folder, 'out/program.js')], {
    cwd: folder,
    env: { ...process.env, URL: url, KEY: key },
  });

  const seen = JSON.parse(stdout);
  expect(seen).toMatchObject({
    captured: 0,
    text: expect.stringMatching(/^0002/),
    refund: 'processing',
    status: 404,
    code: 'REFUND_NOT_FOUND',
    retryable: false,
    version: '2026-11-22',
  });
  expect(seen.listed).toEqual(expect.arrayContaining(seen.created));
  expect(new Set(seen.listed).size).toBe(seen.listed.length);
}, 60_000);
