import type { Messages } from './messages.js';

export const en: Messages = {
  language: 'en',
  name: 'English',
  chooseLanguage: 'Language',
  shop: 'the shop',
  payTitle: (amount, merchant) => `Pay ${amount} to ${merchant}`,
  stateTitle: (state, merchant) => `${state} · ${merchant}`,
  payTo: 'Pay to',
  paidTo: 'Paid to',
  amount: 'Amount',
  reference: 'Payment reference',
  orTransfer: 'Or enter the transfer yourself',
  transfer: 'Make a bank transfer',
  transferHint: 'Enter the reference exactly as it is here. We recognise your payment by it.',
  fields: {
    beneficiary: 'Payee name',
    iban: 'IBAN',
    account_number: 'Account number',
    card_number: 'Card number',
    mobile: 'Mobile number',
    company_number: 'UEN (company number)',
    bank: 'Bank',
    bank_code: 'Bank code',
    bic: 'BIC',
    amount: 'Amount',
    reference: 'Transfer reference',
  },
  // People know their bank’s app, and few know the name of the rail behind it.
  channelNames: {},
  scanWith: (channelId, channelName) => {
    if (channelId === 'wechat') return 'Scan with WeChat';
    if (channelId === 'alipay') return 'Scan with Alipay';
    if (channelId === 'promptpay') return 'Scan with any Thai banking app';
    if (channelId.startsWith('bank_transfer')) return 'Scan with your banking app';
    return `Scan with an app that supports ${channelName}`;
  },
  openApp: (channel) => `Open ${channel}`,
  samePhone: 'Paying on this phone? Save the code and open it from your photos in the app.',
  saveImage: 'Save the code as an image',
  timeLeft: 'Time left',
  codeOf: (channelName) => `${channelName} QR code`,
  testCode: 'Test mode: this code cannot be paid',
  testPage: 'Test mode: no real money moves',
  checkAgain: 'Check again',
  noScript: 'This page does not update by itself in your browser.',
  connectionLost: 'Connection lost, retrying…',
  timeOver: 'The time is over. Checking…',
  paidAt: 'Paid on',
  backTo: (merchant) => `Back to ${merchant}`,
  poweredBy: 'Payments by ItPay',
  order: 'Order',
  paidWith: 'Paid with',
  printReceipt: 'Print receipt',
  codeTrouble: 'The code does not work?',
  newCode: 'Show a new code',
  newCodeShown: 'This is a new code.',
  newCodeFailed: 'There is no new code right now. Please try again in a moment.',
  states: {
    waiting: { title: 'Waiting for your payment', detail: 'This page updates by itself once you have paid.' },
    scanned: { title: 'Code scanned', detail: 'Confirm the payment in your app.' },
    preparing: { title: 'Preparing your code', detail: 'This takes a moment.' },
    checking: {
      title: 'The time is over',
      detail: 'We are checking whether your payment arrived. Please do not pay with this code any more.',
    },
    processing: { title: 'Confirming your payment', detail: 'You do not need to do anything. Do not pay again.' },
    paid: { title: 'Payment received', detail: 'Thank you. You can close this page.' },
    expired: {
      title: 'This payment has expired',
      detail: 'Please do not use its code any more. If you have paid already, do not pay again: contact the shop.',
    },
    cancelled: {
      title: 'This payment was cancelled',
      detail: 'Please do not use its code any more. If you have paid already, contact the shop.',
    },
    failed: { title: 'The payment did not go through', detail: 'Go back to the shop to try again.' },
    missing: {
      title: 'We cannot show this payment',
      detail: 'The link is incomplete or has expired. Open the whole link again, or ask the shop for a new one.',
    },
    locked: {
      title: 'Please open the payment link again',
      detail:
        'This browser has not opened this payment, or it was too long ago. Open the whole link that the shop gave you.',
    },
  },
};
