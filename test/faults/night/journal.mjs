// What clients were told, written down outside of the system. Every repetition of a request under its key is in it.

/**
 * @typedef {'create' | 'capture' | 'cancel' | 'refund'} Kind
 *
 * @typedef {object} Answer
 * @property {number} status
 * @property {any} body
 * @property {boolean} replayed
 *
 * @typedef {object} Entry one request and its repetitions
 * @property {string} key
 * @property {Kind} kind
 * @property {string} path
 * @property {any} body
 * @property {Answer | null} final the first answer that no repetition may change
 * @property {number} asked
 * @property {number} lost requests without an answer
 * @property {number} unknown answers that said that the outcome is not known
 * @property {string[]} refusals
 * @property {string[]} wrong what no answer may say
 */

/**
 * Refusals that the world of the scenario explains: who else paid, cancelled or refunded, and what is not known yet.
 *
 * @type {Record<Kind, string[]>}
 */
const REFUSALS = {
  create: [],
  capture: ['INVALID_STATE_TRANSITION'],
  cancel: ['INVALID_STATE_TRANSITION'],
  refund: ['PAYMENT_NOT_SUCCEEDED', 'REFUND_IN_PROGRESS', 'REFUND_AMOUNT_EXCEEDED', 'ALREADY_REFUNDED'],
};
/** Refusals that ask to come again. */
const LATER = [
  'IDEMPOTENCY_IN_PROGRESS',
  'OUTCOME_UNKNOWN',
  'RATE_LIMITED',
  'REFUND_IN_PROGRESS',
  'PAYMENT_NOT_SUCCEEDED',
];

/** What an answer means to a client: `done` for good, `refused`, or `again`. @param {Answer} answer */
export function verdictOn({ status, body }) {
  if (status >= 200 && status < 300) return status === 202 ? 'again' : 'done';
  if (status === 402) return 'done';
  if (status >= 500 || status === 429 || LATER.includes(body?.error?.code)) return 'again';
  return 'refused';
}

export class Journal {
  /** @type {Entry[]} */
  entries = [];
  longestMs = 0;
  /** @type {string[]} */
  wrong = [];
  /** Payments at the rail by order number. @type {Map<string, number>} */
  paid = new Map();

  /** @param {string} key @param {Kind} kind @param {string} path @param {object} body @returns {Entry} */
  begin(key, kind, path, body) {
    const entry = { key, kind, path, body, final: null, asked: 0, lost: 0, unknown: 0, refusals: [], wrong: [] };
    this.entries.push(entry);
    return entry;
  }

  /** @param {Entry} entry @param {Answer | null} answer null: none came */
  note(entry, answer) {
    entry.asked += 1;
    if (answer === null) return void (entry.lost += 1);
    const verdict = verdictOn(answer);
    const code = answer.body?.error?.code ?? 'no code';
    if (answer.status === 202) entry.unknown += 1;
    if (answer.status === 500) entry.wrong.push(`was answered 500 ${code}`);
    if (verdict === 'refused') {
      entry.refusals.push(code);
      if (entry.final !== null)
        entry.wrong.push(`was answered ${entry.final.status}, and then ${answer.status} ${code}`);
      else if (!REFUSALS[entry.kind].includes(code)) entry.wrong.push(`was refused with ${answer.status} ${code}`);
    }
    if (verdict !== 'done') return;
    if (entry.final === null) entry.final = answer;
    else entry.wrong.push(...changes(entry.final, answer));
  }
}

/**
 * What an answer shows of now, and not of then: the code to scan, the call that is still under way, and, beside an error, which
 * request this is.
 */
const OF_NOW = ['qr', 'operation', 'next_action', 'pay_url', 'request_id'];

/**
 * How a repeated answer differs from the first one.
 *
 * @param {Answer} first @param {Answer} again
 */
export function changes(first, again) {
  if (first.status !== again.status) return [`was answered ${first.status}, and then ${again.status}`];
  const names = new Set([...Object.keys(first.body), ...Object.keys(again.body)]);
  return [...names].flatMap((name) => {
    const [was, is] = [first.body, again.body].map((body) => JSON.stringify(body[name]));
    return OF_NOW.includes(name) || was === is ? [] : [`said ${name}: ${was}, and then ${is}`];
  });
}
