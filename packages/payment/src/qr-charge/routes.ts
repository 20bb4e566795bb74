import { ItPayError } from '@itpay/core';
import { defineRoute, type BlobStore, type Logger, type Route, type RouteRequest } from '@itpay/kernel';
import { z } from 'zod';
import type { PaymentServices } from '../services.js';
import { qrPng, qrSvg } from './image.js';
import { pngKey } from './image-jobs.js';
import type { QrCharge } from './qr-charge.js';
import type { QrChargeStore } from './store.js';
import { qrChargeSchema, toPlainCharge } from './wire.js';

const TAG = 'QR charges';
const params = z.object({ id: z.string() });
const errors = ['QR_CHARGE_NOT_FOUND', 'QR_EXPIRED'] as const;

export function qrChargeRoutes({ charges, blobs, links, channels, logger }: PaymentServices): readonly Route[] {
  const get = defineRoute({
    method: 'GET',
    path: '/v1/qr-charges/{id}',
    summary: 'Read a QR charge',
    tag: TAG,
    access: 'payments:read',
    displayToken: true,
    params,
    answers: { 200: { description: 'The charge', schema: qrChargeSchema } },
    errors,
    async run(request) {
      const charge = await payableCharge(charges, request);
      const urls = links.forCharge(charge.paymentIntentId, charge.id);
      const channel = channels.get(charge.channel, charge.livemode ? 'live' : 'test');
      return {
        status: 200,
        body: {
          ...toPlainCharge(charge),
          qr_data: charge.qrData,
          qr_image_url: urls.png,
          qr_image_svg_url: urls.svg,
          ...(channel?.instructions && { instructions: [...channel.instructions(charge.qrData)] }),
        },
      };
    },
  });

  const png = defineRoute({
    method: 'GET',
    path: '/v1/qr-charges/{id}/image.png',
    summary: 'The QR code as PNG, 512 pixels wide',
    tag: TAG,
    access: 'payments:read',
    displayToken: true,
    params,
    answers: { 200: { description: 'The image', contentType: 'image/png' } },
    errors,
    async run(request) {
      const charge = await payableCharge(charges, request);
      return { status: 200, content: { type: 'image/png', bytes: await storedPng(blobs, logger, charge) } };
    },
  });

  const svg = defineRoute({
    method: 'GET',
    path: '/v1/qr-charges/{id}/image.svg',
    summary: 'The QR code as SVG',
    tag: TAG,
    access: 'payments:read',
    displayToken: true,
    params,
    answers: { 200: { description: 'The image', contentType: 'image/svg+xml' } },
    errors,
    async run(request) {
      const charge = await payableCharge(charges, request);
      return {
        status: 200,
        content: { type: 'image/svg+xml', bytes: qrSvg(charge.qrData, { test: !charge.livemode }) },
      };
    },
  });

  return [get, png, svg];
}

/** The image as it was drawn once; drawn anew while the store of files is away, since the payer waits. */
async function storedPng(blobs: BlobStore, logger: Logger, charge: QrCharge): Promise<Uint8Array> {
  const key = pngKey(charge.id);
  const draw = () => qrPng(charge.qrData, { test: !charge.livemode });
  try {
    const stored = await blobs.get(key);
    if (stored !== null) return stored;
    const drawn = draw();
    await blobs.put(key, drawn);
    return drawn;
  } catch (error) {
    logger.warn({ err: error, charge: charge.id }, 'The store of files is away: a QR image was drawn and not kept.');
    return draw();
  }
}

// Another account's charge answers 404 as if it did not exist; one that is paid or closed shows no code any more.
async function payableCharge(charges: QrChargeStore, request: RouteRequest<{ id: string }>): Promise<QrCharge> {
  const { id } = request.params;
  const charge = await charges.find(id);
  if (charge === null || !maySee(request, charge)) {
    throw new ItPayError('QR_CHARGE_NOT_FOUND', { param: 'id', details: { object: 'qr_charge', id } });
  }
  if (charge.status !== 'active' && charge.status !== 'scanned') {
    throw new ItPayError('QR_EXPIRED', { details: { object: 'qr_charge', id, status: charge.status } });
  }
  return charge;
}

function maySee({ principal, displayIntentId }: RouteRequest, charge: QrCharge): boolean {
  if (displayIntentId !== null) return displayIntentId === charge.paymentIntentId;
  return principal !== null && principal.account === charge.account && principal.livemode === charge.livemode;
}
