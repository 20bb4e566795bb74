/** What the shop reads from its environment. */
export interface Config {
  readonly port: number;
  readonly host: string;
  /** Where the shop is reached: `https://doiroast.example`. */
  readonly shopUrl: string;
  readonly databaseUrl: string | undefined;
}

export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const port = Number(environment.PORT || 3000);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error('PORT is a number from 1 to 65535.');
  return {
    port,
    host: environment.HOST || '127.0.0.1',
    shopUrl: (environment.SHOP_URL || `http://localhost:${port}`).replace(/\/+$/, ''),
    databaseUrl: environment.DATABASE_URL || undefined,
  };
}
