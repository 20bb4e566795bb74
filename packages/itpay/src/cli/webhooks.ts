import { cryptoRandom } from '@itpay/kernel';
import { newSecret } from '@itpay/webhook';
import { Command } from './command.js';
import { requireOthersWriting, withClient, withConnection } from './client.js';
import { UsageError } from './errors.js';
import { followEvents, parsePatterns } from './follow-events.js';
import { forward } from './forward.js';
import { print, printPage, say } from './output.js';
import { untilStopped } from './until-stopped.js';

/** Who is told of events, and how that goes. */
export function webhooksCommand(): Command {
  const webhooks = new Command('webhooks').description('who is told of events, and how that goes');

  withConnection(webhooks.command('listen'))
    .description('forward events to a program on this machine, signed as a webhook, until Ctrl+C')
    .requiredOption('--forward-to <url>', 'where the program listens: http://localhost:4242/hook')
    .option('--events <list>', 'only these: payment_intent.succeeded,refund.*')
    .option('--secret <whsec>', 'sign with this one (default: a new one, which is printed)')
    .addHelpText('after', EXAMPLE_OF_LISTEN)
    .action(async (options: ListenOptions, command: Command) => {
      const url = checkTarget(options.forwardTo);
      const patterns = parsePatterns('--events', options.events);
      const secret = options.secret === undefined ? newSecret(cryptoRandom) : checkSecret(options.secret);
      await untilStopped((signal) =>
        withClient(command, async (client) => {
          requireOthersWriting(client, 'Then there is something to forward.');
          const line = (value: object, text: string) =>
            process.stdout.write(`${options.json ? JSON.stringify(value) : text}\n`);
          if (options.secret === undefined) line({ secret }, `Signing secret: ${secret}`);
          const onReady = () => say(`Forwarding to ${url}. Stop with Ctrl+C.`);
          for await (const event of followEvents({ client, patterns, follow: true, onReady, signal })) {
            const sent = await forward(event, { url, secret, signal });
            line({ event: event.id, type: event.type, ...sent }, `${textOf(sent)}  ${event.type}  ${event.id}`);
          }
        }),
      );
    });

  withConnection(webhooks.command('list'))
    .description('list the endpoints')
    .option('--limit <n>', '1 to 100', '25')
    .action(async (options: { limit: string; json?: boolean }, command: Command) => {
      await withClient(command, async (client) => {
        const page = await client.request('GET', '/v1/webhook-endpoints', { query: { limit: options.limit } });
        printPage(options.json, page, (endpoint: Endpoint) => [
          endpoint.id,
          endpoint.disabled_reason === null ? endpoint.status : `${endpoint.status} (${endpoint.disabled_reason})`,
          endpoint.url,
          endpoint.enabled_events.join(','),
        ]);
      });
    });

  withConnection(webhooks.command('attempts'))
    .argument('<id>', 'we_…')
    .description('list what was sent to an endpoint and what it answered, newest first')
    .option('--limit <n>', '1 to 100', '25')
    .action(async (id: string, options: { limit: string; json?: boolean }, command: Command) => {
      await withClient(command, async (client) => {
        const path = `/v1/webhook-endpoints/${encodeURIComponent(id)}/attempts`;
        const page = await client.request('GET', path, { query: { limit: options.limit } });
        printPage(options.json, page, (attempt: Attempt) => [
          attempt.created_at,
          String(attempt.status ?? attempt.error),
          `${attempt.latency_ms} ms`,
          attempt.event_id,
        ]);
      });
    });

  withConnection(webhooks.command('test'))
    .argument('<id>', 'we_…')
    .description('send a webhook_endpoint.test event to one endpoint')
    .action(async (id: string, { json }: { json?: boolean }, command: Command) => {
      await withClient(command, async (client) => {
        const path = `/v1/webhook-endpoints/${encodeURIComponent(id)}/test`;
        const answer = await client.request('POST', path);
        print(json, answer, [`The server will send it. "itpay webhooks attempts ${id}" shows how that went.`]);
      });
    });
  return webhooks;
}

const EXAMPLE_OF_LISTEN = `
It needs no endpoint and no public address. A delivery that fails is printed and not repeated, and one is sent after the
other, in the order of the log.

Example:
  ITPAY_API_KEY=itpay_test_… itpay webhooks listen --url http://localhost:3000/itpay \\
    --forward-to http://localhost:4242/hook --events 'payment_intent.*'
`;

function checkTarget(url: string): string {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url;
  throw new UsageError(`--forward-to: "${url}" is not a URL. Use one such as http://localhost:4242/hook.`);
}

function checkSecret(secret: string): string {
  const bytes = Buffer.from(secret.replace(/^whsec_/, ''), 'base64').length;
  if (secret.startsWith('whsec_') && bytes >= 24 && bytes <= 64) return secret;
  throw new UsageError('--secret: use "whsec_" and the base64 of 24 to 64 random bytes, or leave it out.');
}

const textOf = ({ status, error, latency_ms: latencyMs }: Awaited<ReturnType<typeof forward>>) =>
  `${status ?? error}  ${latencyMs} ms`;

interface Endpoint {
  readonly id: string;
  readonly status: string;
  readonly disabled_reason: string | null;
  readonly url: string;
  readonly enabled_events: readonly string[];
}

interface Attempt {
  readonly created_at: string;
  readonly status: number | null;
  readonly error: string | null;
  readonly latency_ms: number;
  readonly event_id: string;
}

interface ListenOptions {
  readonly forwardTo: string;
  readonly events?: string;
  readonly secret?: string;
  readonly json?: boolean;
}
