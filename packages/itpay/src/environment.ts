import { invalid, type ItPayOptions } from './options.js';

/** Options that come from the environment, for a server that is set up by it. */
export interface Environment extends Pick<ItPayOptions, 'database' | 'dataDir' | 'publicUrl'> {
  /** Where the server listens. */
  readonly port: number;
}

/**
 * Reads `PORT` (3000), `ITPAY_PUBLIC_URL` (`http://localhost:PORT/itpay`), `ITPAY_DATA_DIR` (`.itpay`) and `DATABASE_URL`.
 * `ITPAY_SECRET_KEY` is read where it is used.
 *
 * @throws ItPayError `CONFIGURATION_INVALID` naming the variable
 */
export function optionsFromEnvironment(environment: NodeJS.ProcessEnv = process.env): Environment {
  const port = readPort(environment.PORT);
  return {
    port,
    publicUrl: readUrl(environment.ITPAY_PUBLIC_URL) ?? `http://localhost:${port}/itpay`,
    dataDir: nonEmpty(environment.ITPAY_DATA_DIR) ?? '.itpay',
    database: readDatabase(environment.DATABASE_URL),
  };
}

// A variable that is set to nothing counts as not set: `PORT= npm start`.
const nonEmpty = (text: string | undefined) => (text === undefined || text === '' ? undefined : text);

function readPort(text: string | undefined): number {
  const given = nonEmpty(text);
  if (given === undefined) return 3000;
  const port = Number(given);
  if (!/^\d+$/.test(given) || port > 65_535) {
    throw invalid('PORT', `"${given}" is not a port. Use a number from 1 to 65535, or 0 for a free one.`);
  }
  return port;
}

function readUrl(text: string | undefined): string | undefined {
  const given = nonEmpty(text);
  if (given === undefined) return undefined;
  if (!URL.canParse(given) || !/^https?:$/.test(new URL(given).protocol)) {
    throw invalid(
      'ITPAY_PUBLIC_URL',
      `"${given}" is not a URL. Use the address of the mount: https://shop.example/itpay.`,
    );
  }
  return given;
}

function readDatabase(text: string | undefined): string | undefined {
  const given = nonEmpty(text);
  if (given === undefined) return undefined;
  // The value holds a password, so the message does not repeat it.
  if (!/^postgres(ql)?:\/\//.test(given) || !URL.canParse(given)) {
    throw invalid(
      'DATABASE_URL',
      'Use postgres://user:password@host:5432/name, or leave it out for the embedded database.',
    );
  }
  return given;
}
