// The suites register their cases with the vitest that runs them.
export { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
