/** What the groups of routes are about. A group that a plugin brings has no text here. */
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  'Payment intents':
    'One intent stands for one purchase. It is created with a QR code to show, and ends paid, failed, expired or cancelled.',
  'QR charges': 'The QR codes of an intent: one at a time can be paid.',
  Refunds: 'Give money of a payment back, in whole or in parts.',
  Voids: 'End a payment before money moves.',
  Inflows: 'Money that arrived, as the rail reported it; also money that fits no payment, and what became of it.',
  Operations: 'Calls to a channel, with their outcome. What a channel did not say is `unknown` until it is found out.',
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
