import { isId, ItPayError, type IdPrefix } from '@itpay/core';
import { z } from 'zod';

/** The most that a page of a list has. */
export const MAX_PAGE = 100;

/** Which part of a list a request asks for. */
export interface ListPage {
  readonly limit: number;
  readonly startingAfter: string | undefined;
  readonly endingBefore: string | undefined;
  readonly createdGte: Date | undefined;
  readonly createdLte: Date | undefined;
}

/** One page as it leaves the framework, newest first. */
export interface ListAnswer<T> {
  readonly object: 'list';
  readonly data: readonly T[];
  readonly has_more: boolean;
  /** For `starting_after` or `ending_before`, as in the request; null when there is no more. */
  readonly next_cursor: string | null;
  readonly url: string;
}

/**
 * The query of a list, which every list has, with the filters of this one. `pageOf` reads it.
 *
 * @param prefix of the ids in the list: a cursor is an id
 */
export function listQuery<const Extra extends z.ZodRawShape>(prefix: IdPrefix | (string & {}), extra: Extra) {
  const cursor = z.string().refine((id) => isId(prefix, id), { error: 'CURSOR_INVALID' });
  return z.strictObject({
    limit: queryInteger({ min: 1, max: MAX_PAGE }).default(25),
    starting_after: cursor.optional(),
    ending_before: cursor.optional(),
    created_gte: time.optional(),
    created_lte: time.optional(),
    ...extra,
  });
}

/** A whole number in a query: decimal digits and nothing else, so neither `0x10` nor `1e1` nor an empty text. */
export function queryInteger({ min, max = Number.MAX_SAFE_INTEGER }: { readonly min: number; readonly max?: number }) {
  return z.preprocess(
    (text) => (typeof text === 'string' && /^(?:0|[1-9]\d*)$/.test(text) ? Number(text) : text),
    z.int({ error: 'expected a whole number in decimal digits' }).min(min).max(max),
  );
}

/** @throws ItPayError `CURSOR_INVALID` when the query has two cursors */
export function pageOf(query: {
  readonly limit: number;
  readonly starting_after?: string | undefined;
  readonly ending_before?: string | undefined;
  readonly created_gte?: string | undefined;
  readonly created_lte?: string | undefined;
}): ListPage {
  if (query.starting_after !== undefined && query.ending_before !== undefined) {
    throw new ItPayError('CURSOR_INVALID', {
      message: 'Give starting_after or ending_before, not both.',
      param: 'ending_before',
    });
  }
  return {
    limit: query.limit,
    startingAfter: query.starting_after,
    endingBefore: query.ending_before,
    createdGte: dateOf(query.created_gte),
    createdLte: dateOf(query.created_lte),
  };
}

/**
 * @param url the path of the list
 * @param items up to `limit + 1` of them in wire form, as read from the cursor on: with `endingBefore` the oldest first,
 *   otherwise the newest first. The one beyond the limit only says that there is more.
 */
export function listAnswer<T extends { readonly id: string }>(
  url: string,
  items: readonly T[],
  { limit, endingBefore }: { readonly limit: number; readonly endingBefore?: string | null | undefined },
): ListAnswer<T> {
  const hasMore = items.length > limit;
  const page = items.slice(0, limit);
  return {
    object: 'list',
    data: (endingBefore ?? null) === null ? page : page.toReversed(),
    has_more: hasMore,
    // The way on, in either direction: from the one that is furthest from the cursor.
    next_cursor: hasMore ? (page.at(-1)?.id ?? null) : null,
    url,
  };
}

/** @param id the name of the page in the API description: `RefundList` */
export function listSchema<Item extends z.ZodType>(id: string, item: Item) {
  return z
    .object({
      object: z.literal('list'),
      data: z.array(item),
      has_more: z.boolean(),
      next_cursor: z
        .string()
        .nullable()
        .meta({ description: 'For starting_after or ending_before, as in this request' }),
      url: z.string(),
    })
    .meta({ id });
}

// JavaScript and PostgreSQL write years before 1 and after 9999 differently.
const time = z.iso.datetime({ offset: true }).refine((text) => {
  const year = new Date(text).getUTCFullYear();
  return year >= 1 && year <= 9999;
});

const dateOf = (text: string | undefined) => (text === undefined ? undefined : new Date(text));
