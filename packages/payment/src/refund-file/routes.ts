import {
  actorOf,
  defineRoute,
  listAnswer,
  listQuery,
  listSchema,
  pageOf,
  type IdempotencyKey,
  type Route,
  type RouteAnswer,
  type Tx,
} from '@itpay/kernel';
import { z } from 'zod';
import { linkQuery } from '../download-links.js';
import { operatorText, reasonSchema } from '../operation/decision-input.js';
import type { PaymentServices } from '../services.js';
import { cancelRefundFile, refundFileNotFound } from './cancel.js';
import { createRefundFile } from './create.js';
import { MAX_REFUNDS, refundFileMachine, type RefundFile } from './refund-file.js';
import type { Document } from './store.js';
import { refundFileSchema, toWireRefundFile, type WireRefundFile } from './wire.js';

const TAG = 'Refund files';
const PATH = '/v1/refund-files';
const params = z.object({ id: z.string() });
const document = { 200: { description: 'The file, as the bank takes it', contentType: 'application/xml' } } as const;

/** Refunds of rails that send none by themselves, on their way to the bank. */
export function refundFileRoutes(services: PaymentServices): readonly Route[] {
  const { database, refundFiles, idempotency, downloads } = services;
  const present = (file: RefundFile) => toWireRefundFile(file, downloads.issue(pathOf(file.id)));

  /** Runs a decision once per key, in one transaction. No link is stored: a repeated request gets one that opens. */
  async function once(key: IdempotencyKey | null, status: number, work: (tx: Tx) => Promise<RefundFile>) {
    const answer = await database.transaction((tx) =>
      idempotency.once(tx, key, async () => ({ status, body: JSON.stringify(toWireRefundFile(await work(tx), null)) })),
    );
    const plain = JSON.parse(answer.body) as WireRefundFile;
    const link = plain.status === 'ready' ? downloads.issue(pathOf(plain.id)) : null;
    return { ...answer, body: { ...plain, download_url: link } };
  }

  const create = defineRoute({
    method: 'POST',
    path: PATH,
    summary: 'Put refunds into a file for the bank',
    description:
      'For channels with the capability `refund_file`. Takes the refunds that are `processing` and `manual`, are in no ' +
      'other file, and whose payer a statement has named. Give the file to the bank once; a refund succeeds when the ' +
      'statement shows that the money went, or when you complete it.',
    tag: TAG,
    access: 'refunds:write',
    body: createBody,
    answers: { 201: { description: 'The file', schema: refundFileSchema } },
    errors: [
      'CHANNEL_NOT_SUPPORTED',
      'CHANNEL_CAPABILITY_UNSUPPORTED',
      'REFUND_NOT_FOUND',
      'REFUND_FILE_EMPTY',
      'PARAMETER_INVALID',
    ],
    async run(request) {
      const { body } = request;
      return once(request.idempotencyKey, 201, (tx) =>
        createRefundFile(services, tx, actorOf(request), {
          channel: body.channel,
          refundIds: body.refund_ids ?? null,
        }),
      );
    },
  });

  const get = defineRoute({
    method: 'GET',
    path: `${PATH}/{id}`,
    summary: 'Read a refund file, with a fresh link to its bytes',
    tag: TAG,
    access: 'refunds:read',
    params,
    answers: { 200: { description: 'The file', schema: refundFileSchema } },
    errors: ['REFUND_FILE_NOT_FOUND'],
    async run(request) {
      const { id } = request.params;
      const found = await refundFiles.find(database, actorOf(request), id);
      if (found === null) throw refundFileNotFound(id);
      return { status: 200, body: present(found) };
    },
  });

  const list = defineRoute({
    method: 'GET',
    path: PATH,
    summary: 'List refund files, newest first',
    tag: TAG,
    access: 'refunds:read',
    query: listQuery('rff', { status: z.enum(refundFileMachine.states).optional() }),
    answers: { 200: { description: 'One page', schema: listSchema('RefundFileList', refundFileSchema) } },
    errors: ['CURSOR_INVALID'],
    async run(request) {
      const { account, livemode } = actorOf(request);
      const page = pageOf(request.query);
      const found = await refundFiles.list(
        {
          account,
          livemode,
          status: request.query.status ?? null,
          createdGte: page.createdGte ?? null,
          createdLte: page.createdLte ?? null,
          cursor: page.endingBefore ?? page.startingAfter ?? null,
          limit: page.limit + 1,
        },
        page.endingBefore !== undefined,
      );
      return { status: 200, body: listAnswer(PATH, found.map(present), page) };
    },
  });

  const cancel = defineRoute({
    method: 'POST',
    path: `${PATH}/{id}/cancel`,
    summary: 'Say that a refund file was never sent',
    description: 'It cannot be fetched any more, and its refunds may go into another file.',
    tag: TAG,
    access: 'refunds:write',
    params,
    body: cancelBody,
    answers: { 200: { description: 'The file afterwards', schema: refundFileSchema } },
    errors: ['REFUND_FILE_NOT_FOUND', 'INVALID_STATE_TRANSITION'],
    async run(request) {
      const { id } = request.params;
      return once(request.idempotencyKey, 200, (tx) =>
        cancelRefundFile(services, tx, actorOf(request), { id, reason: request.body.reason }),
      );
    },
  });

  const read = defineRoute({
    method: 'GET',
    path: `${PATH}/{id}/file`,
    summary: 'The bytes of a refund file',
    description: 'With a key; the same bytes each time. Without a key, open the `download_url` of the file.',
    tag: TAG,
    access: 'refunds:read',
    params,
    answers: document,
    errors: ['REFUND_FILE_NOT_FOUND'],
    async run(request) {
      const { account, livemode } = actorOf(request);
      const { id } = request.params;
      const found = await refundFiles.document(database, id);
      return answerWith(id, found?.account === account && found.livemode === livemode ? found : null);
    },
  });

  const download = defineRoute({
    method: 'GET',
    path: `${PATH}/{id}/download`,
    summary: 'The bytes of a refund file, by its signed link',
    description: 'The address is the `download_url` of the file. It opens for 15 minutes.',
    tag: TAG,
    access: 'public',
    params,
    query: linkQuery,
    answers: document,
    errors: ['SIGNATURE_INVALID', 'SIGNATURE_EXPIRED', 'REFUND_FILE_NOT_FOUND'],
    async run({ params: { id }, query }) {
      downloads.check(pathOf(id), query);
      return answerWith(id, await refundFiles.document(database, id));
    },
  });

  return [create, get, list, cancel, read, download];
}

const pathOf = (id: string) => `${PATH}/${id}/download`;

// A file that was cancelled is not handed out any more, or it might be sent after all.
function answerWith(id: string, found: Document | null): RouteAnswer {
  if (found === null) throw refundFileNotFound(id);
  const { contentType, bytes, extension } = found;
  return {
    status: 200,
    content: { type: contentType, bytes },
    headers: { 'content-disposition': `attachment; filename="${id}-${extension}"` },
  };
}

const createBody = z
  .strictObject({
    channel: operatorText(40).meta({ description: 'The rail whose bank sends the refunds', example: 'bank_transfer' }),
    refund_ids: z
      .array(z.string().min(1).max(64))
      .min(1)
      .max(MAX_REFUNDS)
      .optional()
      .meta({ description: 'Left out: all that wait' }),
  })
  .meta({ id: 'CreateRefundFile' });

const cancelBody = z.strictObject({ reason: reasonSchema }).meta({ id: 'CancelRefundFile' });
