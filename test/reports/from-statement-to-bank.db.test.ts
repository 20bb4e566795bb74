import { expect, it } from 'vitest';
import { camt } from '../statements/files.js';
import { eur, shopByTransfer } from '../statements/shop.js';

const PAYER = 'FR1420041010050500013M02606';

/** The same file, with the account of whoever paid. */
const from = (iban: string, file: Buffer) =>
  Buffer.from(file.toString().replaceAll('</Dbtr>', `</Dbtr><DbtrAcct><Id><IBAN>${iban}</IBAN></Id></DbtrAcct>`));

it('a refund goes back to the account that the statement named, and the next statement completes it', async () => {
  const shop = await shopByTransfer();
  const [paid, unknown] = [await shop.opened(1_000), await shop.opened(700)];
  await shop.bring(from(PAYER, camt([{ cents: 1_000, order: paid.order, bankReference: 'B1' }], { id: 'S1' })));
  await shop.bring(camt([{ cents: 700, order: unknown.order, bankReference: 'B2' }], { id: 'S2', opening: 1_000 }));
  const refund = await shop.refundOf(paid.id, 400);
  const stays = await shop.refundOf(unknown.id);

  const { body: file } = await shop.operate('/v1/refund-files', { channel: 'bank_transfer' });
  const { text } = await shop.request('GET', `/v1/refund-files/${file.id}/file`);

  expect(file).toMatchObject({
    refund_ids: [refund.id],
    totals: [eur(400)],
    left_out: [{ refund_id: stays.id, reason: 'payer_unknown' }],
  });
  expect(text).toContain(`<CdtrAcct><Id><IBAN>${PAYER}</IBAN></Id></CdtrAcct>`);
  expect(text).toContain('<Cdtr><Nm>Erika Muster</Nm></Cdtr>');

  const [, endToEndId] = /<EndToEndId>(\w+)<\/EndToEndId>/.exec(text)!;
  await shop.bring(camt([{ cents: 400, out: true, endToEndId, bankReference: 'R1' }], { id: 'S3', opening: 1_700 }));

  expect(await shop.refund(refund.id)).toMatchObject({ status: 'succeeded', channel_refund_id: 'R1' });
  expect((await shop.operate(`/v1/refund-files/${file.id}/cancel`, { reason: 'Too late' })).status).toBe(409);
  expect((await shop.intent(paid.id)).amount_refunded).toEqual(eur(400));
});

it('a refund whose payment the bank took back goes into no file', async () => {
  const shop = await shopByTransfer();
  const paid = await shop.opened(1_000);
  await shop.bring(from(PAYER, camt([{ cents: 1_000, order: paid.order, bankReference: 'B1' }], { id: 'S1' })));
  const refund = await shop.refundOf(paid.id);
  await shop.bring(
    from(
      PAYER,
      camt([{ cents: 1_000, order: paid.order, bankReference: 'B1', out: true, reversal: true }], {
        id: 'S2',
        opening: 1_000,
      }),
    ),
  );

  const { body } = await shop.operate('/v1/refund-files', { channel: 'bank_transfer' });

  expect(body.error).toMatchObject({
    code: 'REFUND_FILE_EMPTY',
    details: { left_out: [{ refund_id: refund.id, reason: 'payment_returned' }] },
  });
});
