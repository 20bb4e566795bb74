import type { PaymentServices } from '../services.js';
import { askAbout } from './ask.js';
import type { Finding } from './compare.js';
import type { Evidence } from './evidence.js';
import type { ExceptionClass } from './reconciliation.js';

/** How long a step goes on asking, in milliseconds; one more question may take as long as a call to a channel. */
const ASK_FOR_MS = 10_000;

export interface Examined<T> {
  readonly item: T;
  readonly findings: readonly Finding[];
  /** The rail said that it is so, and now it is known here. */
  readonly healed: boolean;
}

export interface HowToExamine<T> {
  /** What differs. */
  readonly compare: (item: T) => Finding[];
  /** The item as it is after the question; null: it is not there any more. */
  readonly again: (item: T) => Promise<T | null>;
  /** Whether the rail is asked about it. Left out: about every one that differs. */
  readonly asks?: (item: T) => boolean;
}

/**
 * Compares items one by one, and asks the rail about those that differ before they count as different.
 *
 * @returns the first items, as many as the time was enough for, and at least one
 */
export async function examine<T>(
  services: PaymentServices,
  evidence: Evidence,
  items: readonly T[],
  { compare, again, asks = () => true }: HowToExamine<T>,
): Promise<Examined<T>[]> {
  const until = performance.now() + ASK_FOR_MS;
  const examined: Examined<T>[] = [];
  for (const item of items) {
    const findings = compare(item);
    const doubt = asks(item) ? findings.find(isAskable) : undefined;
    if (doubt === undefined) {
      examined.push({ item, findings, healed: false });
      continue;
    }
    if (examined.length > 0 && performance.now() > until) break;
    const operation = await evidence.operation(doubt.facts.reference);
    const asked = operation && (await askAbout(services, operation));
    if (asked === null) {
      examined.push({ item, findings, healed: false });
      continue;
    }
    const after = await again(item);
    const left = after === null ? [] : compare(after);
    examined.push({
      item: after ?? item,
      findings: left.map((finding) => ({ ...finding, facts: { ...finding.facts, asked } })),
      healed: !left.some((finding) => finding.class === doubt.class),
    });
  }
  return examined;
}

const ASKABLE: ReadonlySet<ExceptionClass> = new Set([
  'missing_here',
  'missing_at_channel',
  'status_mismatch',
  'refund_mismatch',
]);

const isAskable = ({ class: of, facts }: Finding): boolean => ASKABLE.has(of) && facts.reference !== null;
