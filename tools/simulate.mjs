import { createViteServer } from 'vitest/node';
import { root, sourceAliases } from './workspaces.mjs';

// What `npm run simulate` runs: test/simulation/main.ts, on the sources as the tests are, so that no build can be forgotten.

const server = await createViteServer({
  root,
  configFile: false,
  logLevel: 'error',
  appType: 'custom',
  resolve: { alias: sourceAliases() },
  server: { middlewareMode: true, watch: null, hmr: false, ws: false },
  optimizeDeps: { noDiscovery: true, include: [] },
});
const { main } = await server.ssrLoadModule('/test/simulation/main.ts');
process.exitCode = await main(process.argv.slice(2));
await server.close();
