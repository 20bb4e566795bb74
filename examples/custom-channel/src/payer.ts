import { fieldAt, ItPayError, parseDecimal, readEmvco } from '@itpay/core';
import { Clock, definePlugin, Random, SimulatedRails, type SimulatedRail } from '@itpay/kernel';

/**
 * The payer of test mode, so that `/v1/test-helpers` and the command `itpay simulate` can pay. List it beside `pix()`.
 *
 * It knows only what a bank app knows, the text of the code, and shares nothing with the channel, so that a mistake of the
 * channel shows.
 */
export function pixPayer() {
  return definePlugin({
    name: 'pix-payer',
    version: '1',
    register: (registry) => registry.contribute(SimulatedRails, [Clock, Random], walletAt),
  });
}

/** Exported for its test. */
export function walletAt(clock: Clock, random: Random): SimulatedRail {
  return {
    channel: 'pix',
    scan(qrData) {
      const reading = readEmvco(qrData, { mode: 'strict' });
      if (!reading.ok) throw refused(`The wallet cannot read this code: ${reading.reason}`);

      const { fields } = reading;
      if (fieldAt(fields, '26.00') !== 'br.gov.bcb.pix') throw refused('This is no Pix code.');
      const accounts = fields.filter(({ tag }) => tag >= '02' && tag <= '51');
      if (accounts.length > 1 || fieldAt(fields, '26.01') !== '00000000-0000-0000-0000-000000000000') {
        throw refused('This is a real Pix code, which no simulated payer pays. Create the payment with a test key.');
      }
      if (fieldAt(fields, '53') !== '986') throw refused('The code does not ask for reais.');
      const reais = fieldAt(fields, '54');
      if (reais === undefined) throw refused('The code leaves the amount to the payer.');
      return { currency: 'BRL', value: parseDecimal(reais, 2) };
    },
    transfer(amount) {
      const paidAt = clock.now();
      const minute = paidAt.toISOString().replace(/\D/g, '').slice(0, 12);
      // Banks number payments E, their own number, the minute and eleven more characters. SIM marks ours.
      const more = Buffer.from(random.bytes(8)).toString('hex');
      return { channelTransactionId: `SIM${minute}${more}`, amount, paidAt };
    },
  };
}

function refused(message: string): ItPayError {
  return new ItPayError('PARAMETER_INVALID', { message, param: 'qr_data' });
}
