import type { KeyUse, SealedCensus } from '@itpay/kernel';

/** A key that was the first one this recently still is, in some process: each notes it once a minute. In milliseconds. */
const STILL_FIRST_MS = 3 * 60_000;
/**
 * How long something lives that a key signed, in milliseconds: a pay link shows its payment, which may be open for seven days,
 * for a day after its end. Links to files end after a quarter of an hour.
 */
export const SIGNED_LIVES_MS = 8 * 86_400_000;

/** A listed key, and what is known about it. */
export interface KeyReport {
  readonly id: string;
  /** How many things in the database it sealed. */
  readonly rows: number;
  /** When a process used it first for the last time; null: none ever did. */
  readonly lastFirstAt: Date | null;
}

export interface SecretsReport {
  /** Newest first. */
  readonly keys: readonly KeyReport[];
  readonly unlisted: number;
  readonly unlistedIn: readonly string[];
}

/** How far the replacement of a key has come. */
export interface Advice {
  /** 1 add the new key after the old one, 2 make it the first one, 3 take the old one out; null: nothing is being replaced. */
  readonly step: 1 | 2 | 3 | null;
  /** What to do now. */
  readonly todo: string;
  /** Keys that may be taken out of the list, with the moment from which on. */
  readonly removable: readonly { readonly id: string; readonly from: Date }[];
}

export function reportOn({ keys, unlisted, unlistedIn }: SealedCensus, uses: readonly KeyUse[]): SecretsReport {
  const lastFirst = new Map(uses.map(({ id, lastFirstAt }) => [id, lastFirstAt]));
  return { keys: keys.map((key) => ({ ...key, lastFirstAt: lastFirst.get(key.id) ?? null })), unlisted, unlistedIn };
}

/** Says which of the three steps comes next. Pure. */
export function adviceOn({ keys }: SecretsReport, now: Date): Advice {
  const [newest, ...others] = keys;
  const none = { removable: [] };
  if (others.length === 0) {
    const todo = 'To replace the key: list a new one after it, in every process (step 1 of 3).';
    return { step: null, todo, ...none };
  }
  const added = others.find(({ rows, lastFirstAt }) => rows === 0 && lastFirstAt === null);
  if (added !== undefined) {
    const todo = `${added.id} is new and can be read by now. Once every process lists it, make it the first one (step 2).`;
    return { step: 1, todo, ...none };
  }
  if (newest!.lastFirstAt === null) {
    return { step: 2, todo: `No process uses ${newest!.id} yet. Put it first in the list of every process.`, ...none };
  }
  const lagging = others.find((key) => key.lastFirstAt !== null && age(key.lastFirstAt, now) < STILL_FIRST_MS);
  if (lagging !== undefined) {
    const at = lagging.lastFirstAt!.toISOString();
    const todo = `A process used ${lagging.id} first at ${at}. Put ${newest!.id} first in every process, and ask again in three minutes.`;
    return { step: 2, todo, ...none };
  }
  const needed = others.filter(({ rows }) => rows > 0);
  if (needed.length > 0) {
    const names = needed.map(({ id }) => id).join(', ');
    const todo = `What ${names} sealed is sealed again in the background, by every process with work !== false. Ask again in some minutes.`;
    return { step: 2, todo, ...none };
  }
  const removable = others.map(({ id, lastFirstAt }) => {
    return { id, from: new Date((lastFirstAt ?? new Date(0)).getTime() + SIGNED_LIVES_MS) };
  });
  const waits = removable.filter(({ from }) => from > now);
  const todo =
    waits.length === 0
      ? `Take ${others.map(({ id }) => id).join(', ')} out of the list of every process.`
      : waits
          .map(
            ({ id, from }) => `Take ${id} out after ${from.toISOString()}: until then pay links that it signed work.`,
          )
          .join(' ');
  return { step: 3, todo: `${todo} ${BY_HAND}`, removable };
}

const BY_HAND = 'Before that, register callback addresses anew that you gave a channel by hand.';

const age = (then: Date, now: Date) => now.getTime() - then.getTime();
