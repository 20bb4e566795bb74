/**
 * Gathers what comes while an earlier batch is being written, and writes it in one go. Where little comes, it is written at
 * once.
 *
 * @param write takes 1 to `most` items
 * @returns a function that resolves when its item is written, and rejects when its batch was not
 */
export function inBatches<T>(most: number, write: (items: readonly T[]) => Promise<void>): (item: T) => Promise<void> {
  let gathering: { readonly items: T[]; readonly written: Promise<void> } | null = null;
  let before: Promise<unknown> = Promise.resolve();
  return (item) => {
    if (gathering === null || gathering.items.length >= most) {
      const batch: T[] = [];
      const written = before.then(() => {
        if (gathering?.items === batch) gathering = null;
        return write(batch);
      });
      before = written.catch(() => {}); // told to those whose items it had
      gathering = { items: batch, written };
    }
    gathering.items.push(item);
    return gathering.written;
  };
}
