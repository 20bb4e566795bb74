/**
 * One step of a plugin's tables. Steps run in order, once, inside one transaction, and are never edited after a release.
 */
export interface Migration {
  /** `0001-intents`. Unique within the plugin. */
  readonly name: string;
  /** SQL with the schema as `{schema}`. It may hold several statements. */
  readonly up: string;
}
