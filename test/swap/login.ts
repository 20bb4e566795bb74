import type { CredentialRequest, Principal } from '@itpay/kernel';

/** Who is logged in, by the value of the cookie: what the app has anyway. */
export const sessions = new Map<string, { user: string; account: string }>();

/** Says who calls. It sees no framework and changes nothing. */
export function bySession({ headers }: CredentialRequest): Principal | null {
  const [, sid = ''] = /(?:^|;\s*)sid=([^;]+)/.exec(headers['cookie'] ?? '') ?? [];
  const session = sessions.get(sid);
  if (session === undefined) return null;
  const scopes = ['payments:read', 'payments:write', 'refunds:write', 'refunds:read'];
  return { id: session.user, kind: 'host_session', account: session.account, livemode: false, scopes };
}
