import { request as httpRequest, type RequestListener, type Server } from 'node:http';
import { symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freshDirectory } from '../support/database.js';
import { HOSTS, listen, type Host, type Served } from '../hosts/hosts.js';
import { all, clientOf, deliver, pay, shop, statusOf, type Shop } from '../hosts/shop.js';
import { linksContract, read } from './pages.js';

// Every piece of code on the page takes a payment, as it stands there.

const PAGE = 'docs/mounting.md';
const text = read(PAGE);

/** The pieces of code below a heading. */
function piecesBelow(heading: string, language = 'js'): string[] {
  const section = text.split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!;
  return [...section.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, code = '']) => code,
  );
}

let folder: string;
beforeAll(async () => {
  folder = await freshDirectory();
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
});

let files = 0;
/** Runs a piece of code with what the page takes for granted, and gives what it names. */
async function run(code: string, given: object, named: string): Promise<any> {
  const imports = code.match(/^import .*$/gm) ?? [];
  const rest = code.replace(/^import .*$/gm, '');
  const file = join(folder, `piece-${files++}.mjs`);
  await writeFile(
    file,
    `${imports.join('\n')}\nexport default async ({ ${Object.keys(given).join(', ')} }) => {${rest}\nreturn ${named};\n};\n`,
  );
  return (await import(/* @vite-ignore */ pathToFileURL(file).href)).default(given);
}

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** Whatever a framework calls an app. */
async function serve(app: any): Promise<Served> {
  if (typeof app.ready === 'function') {
    closers.push(() => app.close());
    const origin = await app.listen({ port: 0, host: '127.0.0.1' });
    return { origin, call: (path, init) => fetch(origin + path, init) };
  }
  if (typeof app.callback === 'function') return listen(app.callback());
  if (typeof app === 'function') return listen(app);
  if (app.constructor === Object) {
    return { origin: null, call: async (path, init) => app.fetch(new Request(`http://app.example${path}`, init)) };
  }
  return listen((app as Server).listeners('request')[0] as RequestListener);
}

let t: Shop;
beforeAll(async () => {
  t = await shop('https://shop.example/itpay');
});

async function takesAPayment(served: Served, { pay: at, ...rest }: Shop = t): Promise<void> {
  const client = clientOf({ ...rest }, served);

  const { id } = await pay(client, rest.rail);
  all(await deliver(rest.rail, served), 200);

  expect(await statusOf(client, id)).toBe('succeeded');
  expect(at.publicUrl).toBe(rest.publicUrl);
}

const MOUNTS = ['Express', 'Koa', 'Fastify', 'node:http', 'Hono, Bun, Deno', 'With your own body parser'].flatMap(
  (heading) => piecesBelow(heading).map((code, index) => ({ heading, code, number: index + 1 })),
);

it('has a piece for each framework, and a second one where there are two ways', () => {
  expect(MOUNTS.map(({ heading, number }) => `${heading} ${number}`)).toEqual([
    'Express 1',
    'Koa 1',
    'Koa 2',
    'Fastify 1',
    'Fastify 2',
    'node:http 1',
    'Hono, Bun, Deno 1',
    'With your own body parser 1',
  ]);
});

it.each(MOUNTS)('$heading, piece $number, takes a payment', async ({ code }) => {
  const app = await run(code, { pay: t.pay }, 'app');
  const served = await serve(app);

  await takesAPayment(served);
  const beside = await served.call('/elsewhere');
  expect(beside.headers.has('itpay-request-id')).toBe(false);
});

it('behind a proxy with the rules of the nginx piece, takes a payment and knows its client', async () => {
  const [nginx] = piecesBelow('Behind nginx', 'nginx');
  const [, location = '', upstream = ''] = /location (\S+) \{\s*proxy_pass http:\/\/[^/]+(\S+);/.exec(nginx!)!;
  expect(nginx).toContain('proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;');
  const options = await run(piecesBelow('Behind nginx')[0]!, {}, 'options');
  const proxied = await shop(options.publicUrl, { ...options, rateLimits: { unauthenticated: { burst: 1 } } });
  const inner = await serve(await run(piecesBelow('Express')[0]!, { pay: proxied.pay }, 'app'));
  // A location's path is replaced by that of proxy_pass, and the address that is connected is appended.
  const outer = await listen((req, res) => {
    const before = req.headers['x-forwarded-for'];
    const to = httpRequest(inner.origin + req.url!.replace(location, upstream), {
      method: req.method!,
      headers: {
        ...req.headers,
        'x-forwarded-for': `${before === undefined ? '' : `${before}, `}${req.headers['x-from']}`,
      },
    });
    to.on('response', (answer) => answer.pipe(res.writeHead(answer.statusCode!, answer.headers)));
    req.pipe(to);
  });
  const from = async (address: string) =>
    (await outer.call('/pay/v1/openapi.json', { headers: { 'x-from': address, 'x-forwarded-for': '1.1.1.1' } })).status;

  await takesAPayment(outer, proxied);
  expect([await from('203.0.113.1'), await from('203.0.113.1'), await from('203.0.113.2')]).toEqual([200, 429, 200]);
});

describe('stopping', () => {
  it('ends what waits, as the page says', async () => {
    const own = await shop('https://shop.example/itpay');
    const app = await run(piecesBelow('Express')[0]!, { pay: own.pay }, 'app');
    const { server, stop } = await run(piecesBelow('Stop')[0]!, { pay: own.pay, app }, '{ server, stop }');
    const origin = `http://127.0.0.1:${server.address().port}`;
    const client = clientOf(own, { origin, call: (path, init) => fetch(origin + path, init) });
    const { id, version } = await pay(client, own.rail);
    const poll = client('GET', `/v1/payment-intents/${id}/wait?timeout=30&cursor=${version}`);
    const stream = await client('GET', `/v1/payment-intents/${id}/stream`);

    await stop();

    expect((await poll).status).toBeLessThanOrEqual(503); // and not after half a minute
    expect(await stream.text()).toContain('"status":"qr_generated"');
    server.closeAllConnections();
  });

  it('is one hook in Fastify', async () => {
    const own = await shop('https://shop.example/itpay');
    const app = await run(piecesBelow('Fastify')[0]!, { pay: own.pay }, 'app');
    const [, hook] = /`(app\.addHook\('preClose'.*\))`/.exec(text)!;
    await run(hook!, { pay: own.pay, app }, 'app');
    const served = await serve(app);
    const client = clientOf(own, served);
    const { id, version } = await pay(client, own.rail);
    const poll = client('GET', `/v1/payment-intents/${id}/wait?timeout=30&cursor=${version}`);
    await (await client('GET', '/v1/health')).text();

    await app.close();

    expect((await poll).status).toBeLessThanOrEqual(503);
    await expect(own.pay.knex.raw('select 1')).rejects.toThrow();
  });
});

it('shows the places that the tests of hosts run through', () => {
  const shown = text.split('<!-- places: begin -->\n')[1]!.split('<!-- places: end -->')[0]!;

  expect(shown.trim()).toBe(placesTable());
});

linksContract(PAGE);

/** One table; hosts with the same places stand together. */
function placesTable(): string {
  const together = grouped(HOSTS);
  const rows = [...together].flatMap(([places, hosts]) =>
    places.map(({ name, gone, leavesNothing }, index) => {
      const host = index === 0 ? hosts.map((one) => one.name).join(', ') : '';
      return `| ${host} | ${name} | ${leavesNothing ? '500' : 'yes'} | ${callbacksIn(gone)} |`;
    }),
  );
  return ['| | Mounted | Requests | Signed callbacks |', '|---|---|---|---|', ...rows].join('\n');
}

function grouped(hosts: readonly Host[]): Map<Host['places'], Host[]> {
  const groups = new Map<Host['places'], Host[]>();
  for (const host of hosts) groups.set(host.places, [...(groups.get(host.places) ?? []), host]);
  return groups;
}

function callbacksIn(gone: Host['places'][number]['gone']): string {
  if (gone.length === 0) return 'yes';
  return gone.length === 5 ? '500' : `500: ${gone.join(', ')}; others yes`;
}
