import type { Server } from 'node:http';
import { ItPayError } from '@itpay/core';

/**
 * Begins to listen.
 *
 * @returns the port, also when 0 asked for a free one
 * @throws ItPayError `CONFIGURATION_INVALID` when the port is taken or not allowed
 */
export async function listen(server: Server, port: number, host?: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, port)));
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

/** Ends the process well on SIGINT and SIGTERM: no new request, running ones finish, then the database closes. */
export function stopOnSignal(server: Server, pay: { stop(): Promise<void> }): void {
  let stopping = false;
  const stop = () => {
    if (stopping) process.exit(1); // asked twice: the person does not want to wait
    stopping = true;
    server.close();
    server.closeIdleConnections();
    void pay.stop().then(
      () => {
        server.closeAllConnections();
        process.exit(0);
      },
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

function explain(error: NodeJS.ErrnoException, port: number): unknown {
  const reason = { EADDRINUSE: 'is taken by another process', EACCES: 'needs more rights' }[error.code ?? ''];
  if (reason === undefined) return error;
  return new ItPayError('CONFIGURATION_INVALID', {
    message: `Port ${port} ${reason}. Set PORT to another one, for example: PORT=3001 npm start.`,
    param: 'PORT',
    cause: error,
  });
}
