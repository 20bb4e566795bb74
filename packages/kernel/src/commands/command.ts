import type { Actor } from '../audit.js';
import { point } from '../token.js';

/** A command of a plugin: `itpay run loyalty-balance customer-17`. It runs in a process of its own, without a server. */
export interface Command {
  /** Lower case letters, digits and `-`; unique in a kernel. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** The words after the name, in their order. */
  readonly arguments?: readonly { readonly name: string; readonly description: string; readonly optional?: boolean }[];
  readonly options?: readonly {
    /** `since` for `--since`. `account`, `live`, `json` and `help` are there already. */
    readonly name: string;
    readonly description: string;
    /** What stands after it: `date` for `--since <date>`. Left out: nothing does. */
    readonly value?: string;
    readonly required?: boolean;
  }[];
  /** A line that somebody can copy, for its help. */
  readonly example?: string;
  /** What it throws becomes one line on standard error, and exit code 1. */
  run(context: CommandContext): Promise<void>;
}

export interface CommandContext {
  readonly arguments: Readonly<Record<string, string | undefined>>;
  /** True for one without a value that was given. */
  readonly options: Readonly<Record<string, string | true | undefined>>;
  /** The account and mode that the user chose. */
  readonly actor: Actor;
  /** Prints the object with `--json`, and the lines without. */
  print(object: object, lines: readonly string[]): void;
}

/** Extension point: the commands that plugins bring. */
export const Commands = point<Command>('commands');
