/**
 * A column that holds what was sealed with `Secrets`. A plugin lists its columns, and what lies in them is sealed again, in
 * the background, once a newer key is there.
 *
 * The rest of the row stays as it is: whoever writes the column need not know of it, but must not write back sealed bytes
 * that it read without locking the row.
 */
export interface SealedColumn {
  /** In the schema of the framework. */
  readonly table: string;
  /**
   * A unique column, never null, with an index of its own: rows are walked along it. Where it grows with time, as ids do, the
   * look at the start sees what was sealed last.
   */
  readonly key: string;
  /** Default: `text`. */
  readonly keyType?: 'text' | 'bytea';
  readonly column: string;
  /**
   * `bytes` (default): as `seal` returned it, bytea. `json`: text that is `{"sealed":"<base64>"}` and nothing else; other
   * texts in the column are left alone.
   */
  readonly form?: 'bytes' | 'json';
  /** As it was given to `seal`. */
  readonly purpose: string;
}

/**
 * Stored answers of idempotency keys that are sealed, as `{"sealed":"<base64>"}`: for a plugin whose answers show a secret.
 *
 * @param purpose as it was given to `seal`
 */
export const sealedAnswers = (purpose: string): SealedColumn => ({
  table: 'idempotency_keys',
  key: 'scope_hash',
  keyType: 'bytea',
  column: 'body',
  form: 'json',
  purpose,
});
