import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { certificate } from '../../packages/simulator/src/kit/certificate.js';

export interface Identity {
  readonly certificate: string;
  readonly privateKey: string;
}

const DAY_MS = 86_400_000;

/**
 * An authority and those whom it knows by name, with keys made now. A name is a common name: `localhost` for a server.
 */
export function authorityFor<Name extends string>(
  names: readonly Name[],
): { authority: Identity } & Record<Name, Identity> {
  const root = keyPair();
  const made = (name: string, keys: ReturnType<typeof keyPair>, isRoot: boolean): Identity => ({
    certificate: certificate({
      subject: [['CN', name]],
      publicKey: keys.publicKey,
      serial: String(serial++),
      from: new Date(Date.now() - DAY_MS),
      until: new Date(Date.now() + DAY_MS),
      issuer: [['CN', 'Authority of a test']],
      issuerKey: root.privateKey,
      authority: isRoot,
    }),
    privateKey: pem(keys.privateKey),
  });
  const known = names.map((name) => [name, made(name, keyPair(), false)] as const);
  return {
    authority: made('Authority of a test', root, true),
    ...(Object.fromEntries(known) as Record<Name, Identity>),
  };
}

let serial = 10;
const keyPair = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
