import 'vitest';

// What vitest.config.ts and the global setups hand to the tests: `inject('backend')`.
declare module 'vitest' {
  interface ProvidedContext {
    backend: 'pglite' | 'postgres';
    postgres: { url: string | null; missing: string | null };
  }
}
