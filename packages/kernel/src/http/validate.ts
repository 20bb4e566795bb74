import { ERROR_CODES, ItPayError, type ErrorCode } from '@itpay/core';
import { z } from 'zod';

interface FieldError {
  readonly code: string;
  readonly param: string;
  readonly message: string;
}

/**
 * Checks a value against a schema. A schema names its own code as the error text: `z.int({ error: 'AMOUNT_INVALID' })`.
 *
 * @returns the value as the schema types it
 * @throws ItPayError with code and `param` of the field; with several wrong fields `VALIDATION_FAILED`, which lists them
 */
export function validate<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const all = result.error.issues.flatMap((issue) => fieldErrors(issue, value));
  // A value can break several rules of its field, as 1e300 is no safe integer and above the maximum; one is enough.
  const fields = all.filter(({ param }, index) => all.findIndex((other) => other.param === param) === index);
  const [first] = fields;
  if (fields.length === 1 && first !== undefined) {
    throw new ItPayError(first.code, { message: first.message, param: first.param === '' ? undefined : first.param });
  }
  throw new ItPayError('VALIDATION_FAILED', {
    message: `${fields.length} fields are not valid: ${fields.map((field) => field.param).join(', ')}.`,
    details: { fields },
  });
}

function fieldErrors(issue: z.core.$ZodIssue, root: unknown): FieldError[] {
  const param = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const name = param === '' ? key : `${param}.${key}`;
      return { code: 'PARAMETER_UNKNOWN', param: name, message: `The parameter "${name}" is not known.` };
    });
  }
  if (param !== '' && at(root, issue.path) === undefined) {
    return [{ code: 'PARAMETER_MISSING', param, message: `The parameter "${param}" is missing.` }];
  }
  if (isErrorCode(issue.message)) {
    return [{ code: issue.message, param, message: `${param}: ${ERROR_CODES[issue.message].meaning}` }];
  }
  const what = param === '' ? 'The input' : `The parameter "${param}"`; // the value itself is of another type
  return [{ code: 'PARAMETER_INVALID', param, message: `${what} is not valid: ${issue.message}` }];
}

function at(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const key of path) value = value === null || value === undefined ? undefined : (value as never)[key];
  return value;
}

const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(ERROR_CODES, text);
