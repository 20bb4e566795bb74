import { broken, ok, warning, type Finding } from './finding.js';

/** In milliseconds. */
const LIMIT_MS = 5_000;
const LOCAL = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]|.*\.localhost)$/;

/** Whether the world reaches the server under its public URL, and what that server says about itself. */
export async function publicUrlFindings(publicUrl: string): Promise<Finding[]> {
  const { protocol, hostname } = new URL(publicUrl);
  const local = LOCAL.test(hostname);
  const scheme =
    protocol === 'https:' || local
      ? ok('public URL', `${publicUrl}${local ? ' (this machine only: for development)' : ''}`)
      : broken('public URL', `${publicUrl} is not encrypted, so keys and pay links can be read on the way. Use https.`);

  const health = await get(`${publicUrl}/v1/health`);
  if (health.body?.status !== 'ok') {
    const message = `${publicUrl}/v1/health ${health.says}`;
    // A developer's server may be off; a public one that does not answer gets no callbacks.
    return [
      scheme,
      local ? warning('reachable', `${message} Is it running?`) : broken('reachable', `${message} ${WAY_OUT}`),
    ];
  }
  const ready = await get(`${publicUrl}/v1/ready`);
  return [scheme, ok('reachable', `${publicUrl}/v1/health`), ...readyFindings(ready)];
}

const WAY_OUT = 'Is the server running, does publicUrl end with the path of the mount, and does the proxy pass it on?';

function readyFindings({ body, says }: Answer): Finding[] {
  if (body?.checks === undefined) return [broken('ready', `/v1/ready ${says}`)];
  return Object.entries(body.checks).map(([name, check]) => {
    const state = typeof check === 'string' ? check : check.state;
    return state === 'ok' ? ok(name, 'works') : broken(name, `is ${state}. The server's log has the reason.`);
  });
}

interface Answer {
  readonly body: {
    readonly status?: string;
    readonly checks?: Readonly<Record<string, string | { readonly state: string }>>;
  } | null;
  readonly says: string;
}

async function get(url: string): Promise<Answer> {
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(LIMIT_MS) });
    const says = `answers ${response.status}, not as ItPay does.`;
    return { body: (await response.json().catch(() => null)) as Answer['body'], says };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason = cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : String(cause);
    return { body: null, says: `does not answer: ${reason}.` };
  }
}
