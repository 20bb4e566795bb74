import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Stage, type Verdict } from './history.js';

const HELP = `Plays histories of the whole framework in one process: clients, payers, a rail, receivers and two instances on one
database, with everything that goes wrong decided by a seed. The same seed always tells the same story.

  npm run simulate -- --seed 17              the story of one seed, and what did not hold
  npm run simulate -- --seeds 0..999         many seeds; prints those in which something did not hold
  npm run simulate -- --seeds 0..9999 --log simulation.jsonl
                                             writes a line for each; begun again, it goes on where it was

  --trace FILE   writes the story of --seed to a file instead of the screen
  --log FILE     for --seeds: one line of JSON for each seed
  --help         this text

Ends with 0 when everything held, with 1 when not, with 2 when it was called in a wrong way.
`;

/** How often progress is told, in seeds. */
const TELL_EVERY = 100;

/** The command line. @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  const options = read(args);
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n\n${HELP}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const stage = await Stage.open();
  try {
    return options.seed === undefined
      ? await playMany(stage, options)
      : await playOne(stage, options.seed, options.trace);
  } finally {
    await stage.close();
  }
}

async function playOne(stage: Stage, seed: number, trace: string | undefined): Promise<number> {
  const verdict = await stage.play(seed);
  const story = `${verdict.story.join('\n')}\n`;
  if (trace === undefined) process.stdout.write(story);
  else writeFileSync(trace, story);
  process.stdout.write(`\n${summaryOf(verdict)}\n`);
  return verdict.violations.length === 0 ? 0 : 1;
}

async function playMany(stage: Stage, { from, to, log }: { from: number; to: number; log?: string }): Promise<number> {
  const earlier = log === undefined || !existsSync(log) ? [] : readLog(log);
  const known = new Map(earlier.filter(({ seed }) => seed >= from && seed <= to).map((line) => [line.seed, line]));
  const lines = [...known.values()];
  for (let seed = from; seed <= to; seed += 1) {
    if (known.has(seed)) continue;
    const verdict = await stage.play(seed);
    const { violations, turns, statements, purchases, crashes, digest } = verdict;
    const line = { seed, violations, turns, statements, purchases, crashes, digest };
    lines.push(line);
    if (log !== undefined) appendFileSync(log, `${JSON.stringify(line)}\n`);
    if (violations.length > 0) process.stdout.write(`${summaryOf(verdict)}\n`);
    if (lines.length % TELL_EVERY === 0) process.stdout.write(`${lines.length} of ${to - from + 1} seeds\n`);
  }
  const total = (key: 'turns' | 'statements' | 'purchases' | 'crashes') =>
    lines.reduce((sum, line) => sum + line[key], 0);
  const bad = lines.filter(({ violations }) => violations.length > 0).map(({ seed }) => seed);
  process.stdout.write(
    `${lines.length} seeds, ${total('purchases')} purchases, ${total('turns')} turns, ${total('statements')} statements, ` +
      `${total('crashes')} crashes: ${bad.length === 0 ? 'everything held' : `something did not hold in ${bad.join(', ')}`}\n`,
  );
  return bad.length === 0 ? 0 : 1;
}

type Line = Pick<Verdict, 'seed' | 'violations' | 'turns' | 'statements' | 'purchases' | 'crashes' | 'digest'>;

function readLog(file: string): Line[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line.endsWith('}')).map((line) => JSON.parse(line) as Line);
}

function summaryOf({ seed, violations, turns, statements, purchases, crashes }: Verdict): string {
  const facts = `seed ${seed}: ${purchases} purchases, ${turns} turns, ${statements} statements, ${crashes} crashes`;
  if (violations.length === 0) return `${facts}. Everything held.`;
  return [`${facts}.`, ...violations.map(({ guarantee, what }) => `  ${guarantee} did not hold: ${what}`)].join('\n');
}

type Options =
  | { readonly help: true }
  | { readonly help: false; readonly seed: number; readonly trace?: string }
  | {
      readonly help: false;
      readonly seed: undefined;
      readonly from: number;
      readonly to: number;
      readonly log?: string;
    };

function read(args: readonly string[]): Options | string {
  const text = { type: 'string' } as const;
  let values;
  try {
    const options = { help: { type: 'boolean' }, seed: text, seeds: text, trace: text, log: text } as const;
    ({ values } = parseArgs({ args: [...args], options }));
  } catch (error) {
    return (error as Error).message;
  }
  const { seed, seeds, trace, log } = values;
  if (values.help === true) return { help: true };
  if ((seed === undefined) === (seeds === undefined)) return 'Give either --seed or --seeds.';
  if (seed !== undefined) {
    if (!/^\d{1,9}$/.test(seed)) return `"${seed}" is no seed: give a whole number below a thousand million.`;
    return { help: false, seed: Number(seed), ...(trace !== undefined && { trace }) };
  }
  const [, from, to] = /^(\d{1,9})\.\.(\d{1,9})$/.exec(seeds!) ?? [];
  if (from === undefined || Number(from) > Number(to)) return `"${seeds}" is no range of seeds: write 0..199.`;
  return { help: false, seed: undefined, from: Number(from), to: Number(to), ...(log !== undefined && { log }) };
}
