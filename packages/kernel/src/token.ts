declare const provides: unique symbol;

/**
 * A typed name for a service. `T` lives only in the type; at run time a token is a name and a symbol.
 *
 * The symbol comes from `Symbol.for`, so two installed copies of the kernel still agree on it.
 */
export interface Token<T> {
  readonly name: string;
  readonly id: symbol;
  /** Type-level only. The function form makes `T` invariant: a Token<Dog> is not a Token<Animal>. */
  readonly [provides]?: (value: T) => T;
}

/** An extension point: a token under which several plugins may each add services. */
export interface Point<T> {
  readonly name: string;
  readonly id: symbol;
  readonly many: true;
  readonly [provides]?: (value: T) => T;
}

// `any` and not `unknown`: because Token is invariant, no other type accepts every token.
export type AnyToken = Token<any> | Point<any>;

/** Maps a tuple of tokens to the tuple of services they name; a point gives the list of all that was contributed. */
export type Services<Deps extends readonly AnyToken[]> = {
  -readonly [K in keyof Deps]: Deps[K] extends Point<infer T>
    ? readonly T[]
    : Deps[K] extends Token<infer T>
      ? T
      : never;
};

/** Names a service. A plugin's own tokens should carry its name: `token<Signer>('wechat.signer')`. */
export function token<T>(name: string): Token<T> {
  return { name, id: Symbol.for(`itpay:${name}`) };
}

/** Names an extension point. Who depends on it receives everything that plugins contributed, in plugin order. */
export function point<T>(name: string): Point<T> {
  return { name, id: Symbol.for(`itpay:point:${name}`), many: true };
}
