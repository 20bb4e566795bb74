import { createServer } from 'node:http';
import { fromNode, writeNode } from '@itpay/gateway';
import { Command } from './command.js';
import { createItPay } from '../create-itpay.js';
import { loadOptions } from './load-options.js';
import { listen, stopOnSignal } from '../server.js';

export function startCommand(): Command {
  return new Command('start')
    .description('run ItPay as a server of its own')
    .action(async (_options: object, command: Command) => {
      const { port, configFile, ...options } = await loadOptions(command);
      const pay = await createItPay({ onProgress: (message) => process.stderr.write(`${message}\n`), ...options });
      if (options.plugins.length === 0) {
        process.stderr.write('No channel is configured. List one in itpay.config.js; "itpay --help" shows how.\n');
      }
      const mountPath = new URL(pay.publicUrl).pathname.replace(/\/$/, '');
      const server = createServer((req, res) => {
        const url = req.url ?? '/';
        const below = url.startsWith(`${mountPath}/`) ? url.slice(mountPath.length) : '/';
        void pay.handle(fromNode(req, res, { url: below })).then((answer) => writeNode(res, answer));
      });
      await listen(server, port).catch(async (error: unknown) => {
        await pay.stop();
        throw error;
      });
      process.stderr.write(`ItPay ${configFile ? `(${configFile}) ` : ''}answers at ${pay.publicUrl}\n`);
      stopOnSignal(server, pay);
    });
}
