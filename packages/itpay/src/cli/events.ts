import type { EventEnvelope } from '@itpay/core';
import { Command } from './command.js';
import { requireOthersWriting, withClient, withConnection } from './client.js';
import { followEvents, parsePatterns, parseSince } from './follow-events.js';
import { print, say } from './output.js';
import { untilStopped } from './until-stopped.js';

/** What happened, from the log. */
export function eventsCommand(): Command {
  const events = new Command('events').description('what happened');

  withConnection(events.command('tail'))
    .description('print events as they happen, until Ctrl+C; with --json, one JSON document per line')
    .option('--type <list>', 'only these: payment_intent.succeeded,refund.*')
    .option('--since <time>', 'begin earlier: 10m, 2h, 3d or 2026-11-22T14:30:00Z')
    .option('--no-follow', 'print what there is since then, and end')
    .addHelpText('after', EXAMPLES_OF_TAIL)
    .action(async (options: TailOptions, command: Command) => {
      const patterns = parsePatterns('--type', options.type);
      const since = parseSince(options.since, new Date());
      await untilStopped((signal) =>
        withClient(command, async (client) => {
          if (options.follow) requireOthersWriting(client, 'Add --since 1d --no-follow to see what happened so far.');
          const onReady = () => (options.follow ? say('Following. Stop with Ctrl+C.') : undefined);
          const source = { client, since, patterns, follow: options.follow, onReady, signal };
          for await (const event of followEvents(source)) {
            process.stdout.write(`${options.json ? JSON.stringify(event) : lineOf(event)}\n`);
          }
        }),
      );
    });

  withConnection(events.command('replay'))
    .argument('<id>', 'evt_…')
    .description('send an event again, under the same id, to those who want its type')
    .option('--endpoint <id>', 'to this one only: we_…')
    .addHelpText(
      'after',
      '\nExample:\n  itpay events replay evt_06b2m6vk0dtf5d5cq0m3vz8x4r --endpoint we_06b2m6vk0dtf5d5cq0m3vz8x50\n',
    )
    .action(async (id: string, options: { endpoint?: string; json?: boolean }, command: Command) => {
      await withClient(command, async (client) => {
        const body = options.endpoint === undefined ? {} : { webhook_endpoint_id: options.endpoint };
        const answer = await client.request('POST', `/v1/events/${encodeURIComponent(id)}/replay`, { body });
        print(options.json, answer, [`${answer.count} deliveries begin anew.`]);
      });
    });
  return events;
}

const EXAMPLES_OF_TAIL = `
Examples:
  ITPAY_API_KEY=itpay_test_… itpay events tail --url http://localhost:3000/itpay
  itpay events tail --type 'payment_intent.*' --since 1h --json | jq .data.object.id
`;

function lineOf({ id, type, timestamp, data }: EventEnvelope<any>): string {
  return `${timestamp}  ${type}  ${data.object?.id ?? '-'}  ${id}`;
}

interface TailOptions {
  readonly type?: string;
  readonly since?: string;
  readonly follow: boolean;
  readonly json?: boolean;
}
