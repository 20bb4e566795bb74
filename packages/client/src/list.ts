/** One page, as the API answers it. */
export interface Page<T> {
  readonly object: 'list';
  readonly data: readonly T[];
  readonly has_more: boolean;
  readonly next_cursor: string | null;
  readonly url: string;
}

export interface Cursors {
  readonly starting_after?: string | undefined;
  readonly ending_before?: string | undefined;
}

/**
 * A list of the API. Nothing is asked for before it is used: `for await (const intent of list)` reads page after page,
 * `page()` a single one. Newest first; with `ending_before` oldest first, on from there.
 */
export class List<T> implements AsyncIterable<T> {
  readonly #read: (cursors: Cursors | null) => Promise<Page<T>>;
  readonly #from: Cursors;

  /**
   * @param read asks for the page at the cursors; null: the one that the caller named
   * @param from the cursors of the caller
   */
  constructor(read: (cursors: Cursors | null) => Promise<Page<T>>, from: Cursors) {
    this.#read = read;
    this.#from = from;
  }

  /** The page that the query names, as it comes: always newest first. */
  page(): Promise<Page<T>> {
    return this.#read(null);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    const upwards = this.#from.ending_before !== undefined;
    let cursors: Cursors | null = null;
    for (;;) {
      const { data, has_more: hasMore, next_cursor: cursor } = await this.#read(cursors);
      yield* upwards ? data.toReversed() : data;
      if (!hasMore || cursor === null) return;
      cursors = upwards ? { ending_before: cursor } : { starting_after: cursor };
    }
  }
}
