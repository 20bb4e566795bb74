import { expect, it } from 'vitest';
import { actor, house } from '../../../test/support/kernel.js';
import { AuditLog } from './audit.js';

it('appends what was done, in the transaction of what it records', async () => {
  const h = await house();
  const audit = new AuditLog(h.clock, h.ids);
  const digest = new Uint8Array([0, 92, 255]);

  await h.database.transaction((tx) =>
    audit.append(tx, { ...actor, requestId: 'req_1' }, [
      { action: 'create', objectId: 'pi_1', fromState: null, toState: 'pending' },
      { action: 'capture', objectId: 'pi_1', fromState: 'pending', toState: 'succeeded', evidenceDigest: digest },
    ]),
  );
  await h.database.transaction((tx) => audit.append(tx, actor, []));

  const common = { account: 'm_shop', actor: 'host', at: h.clock.now(), object_id: 'pi_1', request_id: 'req_1' };
  expect(await h.rows('audit_entries')).toMatchObject([
    { ...common, action: 'create', from_state: null, to_state: 'pending', evidence_digest: null },
    {
      ...common,
      action: 'capture',
      from_state: 'pending',
      to_state: 'succeeded',
      evidence_digest: Buffer.from(digest),
    },
  ]);
});
