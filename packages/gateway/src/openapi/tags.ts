/** What the groups of routes are about. A group that a plugin brings has no text here. */
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  'Payment intents':
    'One intent stands for one purchase. It is created with a QR code to show, and ends paid, failed, expired or cancelled.',
  'QR charges': 'The QR codes of an intent: one at a time can be paid.',
  Refunds: 'Give money of a payment back, in whole or in parts.',
  Voids: 'End a payment before money moves.',
  Inflows: 'Money that arrived, as the rail reported it; also money that fits no payment, and what became of it.',
  Statements: 'Files in which a bank or a rail tells what happened, and what became of each of their rows.',
  Reconciliations: 'What a channel tells in its files, compared with what is known here, and the differences.',
  Operations: 'Calls to a channel, with their outcome. What a channel did not say is `unknown` until it is found out.',
  Reports:
    'Files about money: payments, settlements, refunds, fees, money that lies aside, differences. Written in the background.',
  'Refund files': 'Refunds that leave as a file for the bank. Each refund is in one file only.',
  Channels: 'The rails of this installation, what each can do, and how it is.',
  'API keys': 'Who may call, and what for.',
  'Webhook endpoints': 'Where events are sent, signed and repeated until they arrive.',
  Events: 'What happened, in the order in which it was written.',
  'Audit log': 'Who changed what, and when. Nothing in it is ever changed.',
  'Test helpers': 'What a payer and a bank would do, for test mode.',
  Service: 'The installation itself: health, versions, and this description.',
};

export const tagOf = (name: string): { name: string; description?: string } => {
  const description = Object.hasOwn(DESCRIPTIONS, name) ? DESCRIPTIONS[name] : undefined;
  return description === undefined ? { name } : { name, description };
};
