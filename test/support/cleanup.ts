// What a test file leaves behind (databases, folders, processes) is removed after its last test, newest first.

type Cleanup = () => unknown;
const cleanups: Cleanup[] = [];

/** Registers what has to happen when the running test file is done. Runs once, also when tests failed. */
export function whenFileEnds(cleanup: Cleanup): void {
  cleanups.push(cleanup);
}

/** Called by `setup.ts`. One cleanup that fails does not keep the others from running. */
export async function runCleanups(): Promise<void> {
  const failures: unknown[] = [];
  for (let cleanup = cleanups.pop(); cleanup; cleanup = cleanups.pop()) {
    try {
      await cleanup();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'Some things that the tests made could not be removed.');
}
