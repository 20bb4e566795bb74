import type { Delivery, DeliverOptions, PendingCallback, WrittenCallback } from './callbacks.js';
import type { ScriptRule } from './script.js';
import type { Act } from './server.js';

/** A running simulated rail, as whoever plays with it sees it: the rail, its payer, and the time that passes. */
export interface RailControl {
  readonly url: string;
  /** Says how the next requests are treated. Rules are used up in their order. */
  script(...rules: ScriptRule[]): Promise<void>;
  clearScript(): Promise<void>;
  /** @throws RailRefusal when the rail, its payer or the time cannot do this now */
  act(act: Act & { readonly key?: string }, options?: { readonly signal?: AbortSignal }): Promise<unknown>;
  /** Everything that the rail knows. Amounts are text. */
  books(): Promise<any>;
  /** The notifications that wait, each written and signed now. */
  callbacks(): Promise<PendingCallback[]>;
  /** Delivers what waits. What is not acknowledged goes on waiting. */
  deliverCallbacks(options?: DeliverOptions): Promise<Delivery[]>;
  /** The same notification with other fields or another signature. In `fields`, undefined leaves a field out. */
  rewriteCallback(callback: WrittenCallback, change: CallbackChange): Promise<WrittenCallback>;
  /** `auto`: notifications go out by themselves, and again until they are acknowledged. */
  setCallbacks(how: 'auto' | 'manual'): Promise<void>;
  /** Says where notifications go, on rails whose orders do not. @throws RailRefusal on others */
  setNotifyUrl(url: string): Promise<void>;
  /** A daily file of the rail, such as its bill. */
  file(kind: string, date: string): Promise<Buffer>;
}

/** How a notification is changed before it is signed anew. */
export interface CallbackChange {
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Replaces the whole body. */
  readonly content?: string;
  /** Signed with a key that is not the rail's. */
  readonly byStranger?: boolean;
  /** When it says that it was signed. */
  readonly signedAt?: Date;
}

/** The simulated rail was reached, and does not do this. */
export class RailRefusal extends Error {}

/** The typed face of the control API of a simulated rail, wherever it runs. */
export function railControl(url: string): RailControl {
  const post = (command: string, body: object, signal?: AbortSignal) =>
    ask(`${url}/control/${command}`, { method: 'POST', body: JSON.stringify(body), ...(signal && { signal }) });
  const json = async (answer: Promise<Response>) => (await answer).json();
  return {
    url,
    script: async (...rules) => void (await post('script', { rules })),
    clearScript: async () => void (await post('script/clear', {})),
    act: async (act, { signal } = {}) => ((await json(post('act', act, signal))) as { result: unknown }).result,
    books: () => json(ask(`${url}/control/books`)),
    callbacks: async () => (await json(ask(`${url}/control/callbacks`))) as PendingCallback[],
    deliverCallbacks: async (options = {}) => (await json(post('callbacks/deliver', options))) as Delivery[],
    rewriteCallback: async ({ headers, body }, { fields = {}, ...change }) => {
      const drop = Object.keys(fields).filter((name) => fields[name] === undefined); // JSON has no undefined
      return (await json(
        post('callbacks/rewrite', { callback: { headers, body }, change: { ...change, fields, drop } }),
      )) as WrittenCallback;
    },
    setCallbacks: async (callbacks) => void (await post('settings', { callbacks })),
    setNotifyUrl: async (notifyUrl) => void (await post('settings', { notifyUrl })),
    file: async (kind, date) =>
      Buffer.from(await (await ask(`${url}/control/file?${new URLSearchParams({ kind, date })}`)).arrayBuffer()),
  };
}

async function ask(url: string, init?: RequestInit): Promise<Response> {
  const answer = await fetch(url, init);
  if (answer.ok) return answer;
  const text = await answer.text();
  let message = text;
  try {
    message = (JSON.parse(text) as { message: string }).message;
  } catch {
    // As it is.
  }
  const said = `The simulated rail refuses: ${message}`;
  throw answer.status === 400 ? new RailRefusal(said) : new Error(said);
}
