import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Command } from './command.js';
import { CommandError, UsageError } from './errors.js';
import { print } from './output.js';

/** Begins a package: `itpay new channel acme`. */
export function newCommand(): Command {
  const command = new Command('new').description('begin a package of your own');
  command
    .command('channel')
    .argument('<name>', 'the name of the rail: small letters and digits, with "-" between words')
    .description('write a channel for a rail into ./<name>; its tests say what to fill in')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLE)
    .action(async (name: string, { json }: { json?: boolean }) => {
      const files = await writeChannel(name, process.cwd());
      print(json, { directory: name, files }, [...files.map((file) => join(name, file)), '', ...nextSteps(name)]);
    });
  return command;
}

const EXAMPLE = `
Example:
  itpay new channel pay-now
`;

// In the sources and in what is published, the templates lie beside the folder with the code.
const PACKAGE = new URL('../../', import.meta.url);
const TEMPLATES = new URL('templates/channel/', PACKAGE);
const SUFFIX = '.template';

/**
 * Writes the files of a new channel.
 *
 * @returns their paths below the new folder
 */
async function writeChannel(name: string, parent: string): Promise<string[]> {
  const words = wordsOf(name);
  const { version } = JSON.parse(await readFile(new URL('package.json', PACKAGE), 'utf8')) as { version: string };
  const listed = await readdir(TEMPLATES, { recursive: true });
  const templates = listed.filter((path) => path.endsWith(SUFFIX)).toSorted();

  const folder = join(parent, name);
  await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    throw new CommandError(`./${name} is there already, and nothing of it was touched. Choose another name or folder.`);
  });
  for (const template of templates) {
    const text = await readFile(new URL(template, TEMPLATES), 'utf8');
    const file = join(folder, template.slice(0, -SUFFIX.length));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, filledIn(text, { ...words, version }));
  }
  return templates.map((template) => template.slice(0, -SUFFIX.length));
}

/** The name in all the forms in which code has it. */
function wordsOf(name: string) {
  // A channel's id has at most 40 characters.
  if (name.length > 40 || !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw new UsageError('The name has at most 40 small letters and digits, with "-" between words, as in pay-now.');
  }
  const words = name.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  const pascal = words.join('');
  const camel = pascal.charAt(0).toLowerCase() + pascal.slice(1);
  return { name, id: name.replaceAll('-', '_'), title: words.join(' '), camel, pascal };
}

function filledIn(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/__([a-z]+)__/g, (whole, key: string) => values[key] ?? whole);
}

function nextSteps(name: string): string[] {
  return [`Next: cd ${name} && npm install && npm test`, 'The tests that fail say what to fill in.'];
}
