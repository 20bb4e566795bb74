/**
 * Closes one after the other. One that fails does not keep the others open.
 *
 * @throws its error, afterwards; an AggregateError when several failed
 */
export async function closeAll(closers: readonly (() => unknown)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const close of closers) {
    try {
      await close();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 1) throw new AggregateError(errors, 'Several services could not be closed.');
  if (errors.length === 1) throw errors[0];
}
