import { ItPayError } from '@itpay/core';

/** @throws ItPayError `CONFIGURATION_INVALID` when the text is not a URL for PostgreSQL; the message does not repeat it */
export function assertPostgresUrl(url: string): void {
  if (/^postgres(ql)?:\/\//i.test(url)) return;
  throw invalid(
    'The option "database" (DATABASE_URL) is not a PostgreSQL URL. ' +
      'It looks like postgres://user:password@host:5432/shop; leave it out to use the embedded database.',
  );
}

/**
 * Explains why a connection failed, in words for whoever set the URL.
 *
 * @param from the URL, whose password is kept out of message and cause; or `knex` for a host's instance
 */
export function unreachable(error: unknown, from: string): ItPayError {
  const { code, message } = error as { code?: string; message?: string };
  const [why, wayOut] = explain(code, message ?? '');
  const target = from === 'knex' ? 'The knex instance (option "knex")' : `PostgreSQL at ${withoutPassword(from)}`;
  const option = from === 'knex' ? '' : ' The URL comes from the option "database" or DATABASE_URL.';
  return invalid(`${target} ${why}. ${wayOut}${option}`, safeCause(error, from), { cause: code ?? null });
}

type Explanation = readonly [why: string, wayOut: string];

function explain(code: string | undefined, message: string): Explanation {
  const known = code === undefined ? undefined : BY_CODE[code];
  if (known) return known;
  if (/password must be a string|no password/i.test(message)) return BY_CODE['28P01'] as Explanation;
  if (/URI malformed|Invalid URL/i.test(message)) {
    return ['has a URL that cannot be read', 'Percent-encode special characters in user name and password (@ is %40).'];
  }
  if (/SSL|certificate|self.signed/i.test(message) || code?.includes('CERT')) {
    return ['did not agree on TLS', 'Add ?sslmode=require, or sslmode=disable for a server without TLS, or its CA.'];
  }
  if (/time-?out|timed out/i.test(message)) return BY_CODE['ETIMEDOUT'] as Explanation;
  return [`refused the connection (${code ?? 'no code'})`, 'See the cause of this error and the log of the server.'];
}

const BY_CODE: Record<string, Explanation> = {
  ECONNREFUSED: ['does not answer: nothing listens there', 'Start the server, or correct host and port.'],
  ECONNRESET: ['closed the connection', 'Check that the port is the one of PostgreSQL and whether it wants TLS.'],
  ENOTFOUND: ['has a host name that does not exist', 'Correct the host.'],
  EAI_AGAIN: ['has a host name that cannot be looked up at the moment', 'Check the host and the DNS of this machine.'],
  ENOENT: ['does not answer: there is no such socket', 'Start the server, or correct the path.'],
  ETIMEDOUT: ['does not answer in time', 'Check host, port and firewall.'],
  EHOSTUNREACH: ['cannot be reached from here', 'Check host, network and firewall.'],
  '28P01': ['refused the password', 'Correct user and password.'],
  '28000': ['refused the user', 'Correct the user, or allow this client in pg_hba.conf.'],
  '3D000': ['has no such database', 'Create it (createdb), or correct the name at the end of the URL.'],
  '42501': ['does not let this user in', 'Grant CONNECT on the database.'],
  '53300': ['has no free connection', 'Raise max_connections, or lower poolSize.'],
  '57P03': ['is starting up or shutting down', 'Wait for it and start again.'],
};

// `postgres://user@host:5432/shop`: neither the password nor the query, which may hold one too.
function withoutPassword(url: string): string {
  try {
    const { protocol, username, host, pathname } = new URL(url);
    return `${protocol}//${username && `${username}@`}${host}${pathname}`;
  } catch {
    return 'the given URL';
  }
}

// Errors about URLs quote them, `input` of Node's ERR_INVALID_URL among others.
function safeCause(error: unknown, from: string): unknown {
  const text = error instanceof Error ? `${error.message} ${(error as { input?: string }).input ?? ''}` : String(error);
  const password = /:\/\/[^/]*?:([^/]*)@/.exec(from)?.[1];
  return text.includes('://') || (password && text.includes(password)) ? undefined : error;
}

const invalid = (message: string, cause?: unknown, details: Record<string, unknown> = {}) =>
  new ItPayError('CONFIGURATION_INVALID', { message, cause, details: { option: 'database', ...details } });
