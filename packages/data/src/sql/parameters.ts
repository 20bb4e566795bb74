import type { CompiledStatement } from '@itpay/kernel';

/**
 * Puts named parameters into the order that the statement wants.
 *
 * @throws TypeError naming the statement and the parameter, when one is missing or cannot be sent
 */
export function toValues(statement: CompiledStatement, params: object): unknown[] {
  return statement.order.map((name) => {
    const value = (params as Record<string, unknown>)[name];
    const reason = value === undefined ? undefinedReason(params, name) : null;
    if (reason) throw new TypeError(`Statement "${statement.name}": ${reason}`);
    try {
      return toParameter(value);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new TypeError(`Statement "${statement.name}": parameter "${name}" cannot be sent: ${why}`, {
        cause: error,
      });
    }
  });
}

function undefinedReason(params: object, name: string): string {
  if (name in params) return `parameter "${name}" is undefined. Write null for SQL NULL.`;
  return `parameter "${name}" is missing. Given: ${Object.keys(params).join(', ') || 'none'}.`;
}

/**
 * The value as pg sends it. Objects become JSON, arrays become PostgreSQL arrays; an array for a jsonb column has to be
 * stringified by the caller, since the two cannot be told apart here.
 */
export function toParameter(value: unknown): unknown {
  switch (typeof value) {
    case 'bigint':
      return value.toString();
    case 'function':
    case 'symbol':
    case 'undefined':
      throw new TypeError(`it is of type ${typeof value}`);
    case 'object':
      return value === null ? null : fromObject(value);
    default:
      return value;
  }
}

function fromObject(value: object): unknown {
  if (Buffer.isBuffer(value)) return value;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  // pg would write local time with an offset; the same instant, but harder to read in a server log.
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((item) => (item === undefined ? null : toParameter(item)));
  return JSON.stringify(value);
}
