import { definitions } from './error-definition.js';

const malformed = definitions(400, 'validation');
const wrongMethod = definitions(405, 'not_found');
const tooLarge = definitions(413, 'validation');
const unauthenticated = definitions(401, 'authentication');
const notPaid = definitions(402, 'payment');
const forbidden = definitions(403, 'authorization');
const notFound = definitions(404, 'not_found');
const conflict = definitions(409, 'conflict');
const notYet = definitions(409, 'conflict', { retryable: true });
const gone = definitions(410, 'payment');
const contradiction = definitions(422, 'conflict');
const unprocessable = definitions(422, 'validation');
const beyondChannel = definitions(422, 'channel');
const notRefundable = definitions(422, 'payment');
const tooMany = definitions(429, 'rate_limit', { retryable: true });
const channelFailed = definitions(502, 'channel', { retryable: true });
const channelDown = definitions(503, 'channel', { retryable: true });
const serverFault = definitions(500, 'server', { retryable: true });
const serverDown = definitions(503, 'server', { retryable: true });
const operatorFault = definitions(500, 'server');

/** Every code of the framework. Codes are stable: a program branches on them, and each has a page behind `doc_url`. */
export const ERROR_CODES = Object.freeze({
  // The request.
  VALIDATION_FAILED: malformed(
    'One or more fields of the request are invalid.',
    'Correct every field that details.fields lists and send the request again.',
  ),
  BODY_INVALID: malformed(
    'The request body is not valid JSON.',
    'Send one JSON object in UTF-8 with the header Content-Type: application/json.',
  ),
  PARAMETER_MISSING: malformed('A required parameter is missing.', 'Add the parameter that param names.'),
  PARAMETER_UNKNOWN: malformed(
    'The request has a parameter that this endpoint does not know.',
    'Remove the parameter that param names, or check its spelling: names are snake_case.',
  ),
  PARAMETER_INVALID: malformed(
    'A parameter has a value that is not allowed.',
    'Correct the parameter that param names; the message says what is allowed.',
  ),
  AMOUNT_INVALID: malformed(
    'The amount is not a whole number of minor units in the allowed range.',
    'Send an integer in minor units, such as 699 for CNY 6.99, between 1 and 2^53 - 1.',
  ),
  CURRENCY_INVALID: malformed(
    'The currency is not an ISO 4217 code that people pay with.',
    'Send the three letters in upper case, such as CNY.',
  ),
  METADATA_INVALID: malformed(
    'The metadata breaks its limits.',
    'Send at most 50 strings under keys of 1 to 64 letters, digits, - or _, 4 kB in total.',
  ),
  STATEMENT_INVALID: malformed(
    'The file is not a statement that can be read; nothing of it was booked.',
    'Look at the line that the message names; fetch the file from the bank again, and import it unchanged.',
  ),
  URL_INVALID: malformed('A URL is not allowed here.', 'Send an absolute http or https URL without credentials.'),
  EVENT_TYPE_INVALID: malformed(
    'There is no event of this type.',
    'Send types of the catalogue (payment_intent.succeeded), a family (payment_intent.*), or * alone.',
  ),
  CURSOR_INVALID: malformed(
    'The list cursor is not one that this list gave out.',
    'Start again without a cursor, or send next_cursor of the page before unchanged.',
  ),
  IDEMPOTENCY_KEY_REQUIRED: malformed(
    'The request changes something and has no Idempotency-Key.',
    'Send a header Idempotency-Key with a fresh UUID, and the same one when you repeat the request.',
  ),
  IDEMPOTENCY_KEY_INVALID: malformed('The Idempotency-Key is malformed.', 'Send 1 to 255 printable ASCII characters.'),
  CHANNEL_NOT_SUPPORTED: malformed(
    'No channel of this name is configured.',
    'Send one of the channels that details.allowed lists, or configure the channel.',
  ),
  API_VERSION_UNSUPPORTED: malformed(
    'There is no such version of the API.',
    'Send one of the versions that details.supported lists in ItPay-Version, or leave the header out.',
  ),
  METHOD_NOT_ALLOWED: wrongMethod(
    'The path exists, but not for this method.',
    'Use one of the methods that the Allow header lists.',
  ),
  BODY_TOO_LARGE: tooLarge(
    'The request body is larger than this endpoint reads.',
    'Send less; details.limit is the limit in bytes.',
  ),

  // The caller.
  API_KEY_MISSING: unauthenticated(
    'The request carries no API key.',
    'Send a header Authorization: Bearer with your key.',
  ),
  API_KEY_INVALID: unauthenticated(
    'The API key is not known.',
    'Check that the key is complete and belongs to this deployment.',
  ),
  API_KEY_EXPIRED: unauthenticated('The API key has expired.', 'Use the key that replaced it, or create a new one.'),
  API_KEY_REVOKED: unauthenticated('The API key was revoked.', 'Create a new key; a revoked key never works again.'),
  SIGNATURE_INVALID: unauthenticated(
    'The key signs its requests, and the signature of this one is missing, wrong or was used before.',
    'Sign each request anew with the signing secret of the key; the message says what is wrong.',
  ),
  SIGNATURE_EXPIRED: unauthenticated(
    'The time of the signature is more than five minutes away from ours.',
    'Set the clock of the caller, and sign each request at the moment of sending it.',
  ),
  CHANNEL_SIGNATURE_INVALID: unauthenticated(
    'The notification is not proven to come from the channel.',
    'Check the keys and the merchant account of the channel, and that no proxy or parser changes the body.',
  ),
  PERMISSION_DENIED: forbidden(
    'The caller may not do this.',
    'Use a key whose scopes cover the operation, or ask the account owner for it.',
  ),
  OPERATION_VETOED: forbidden(
    'A rule of this installation does not allow it.',
    'The message says why, details.veto names the rule for programs, and details.hook who made it.',
  ),
  IP_NOT_ALLOWED: forbidden(
    'The API key does not work from this address.',
    'Call from an address of the ip_allowlist of the key, or add the address to it.',
  ),
  LIVEMODE_MISMATCH: forbidden(
    'A test caller reached for a live object or channel, or the reverse.',
    'Use the key of the other mode.',
  ),

  // The object.
  PAYMENT_INTENT_NOT_FOUND: notFound(
    'There is no such payment intent in this account.',
    'Check the id, and that it was created with a key of the same account and mode.',
  ),
  QR_CHARGE_NOT_FOUND: notFound(
    'There is no such QR charge in this account.',
    'Check the id, and that its payment intent belongs to the same account and mode.',
  ),
  INFLOW_NOT_FOUND: notFound(
    'There is no such inflow in this account.',
    'Check the id, and that the key is of the same account and mode.',
  ),
  OPERATION_NOT_FOUND: notFound(
    'There is no such channel operation in this account.',
    'Check the id, and that the key is of the same account and mode.',
  ),
  REFUND_NOT_FOUND: notFound(
    'There is no such refund in this account.',
    'Check the id, and that its payment intent belongs to the same account and mode.',
  ),
  CHANNEL_NOT_FOUND: notFound(
    'There is no such channel for this account and mode.',
    'Check the name against the list of channels, and that the key is of the same mode.',
  ),
  WEBHOOK_ENDPOINT_NOT_FOUND: notFound(
    'There is no such webhook endpoint in this account.',
    'Check the id, and that the key is of the same account and mode.',
  ),
  STATEMENT_NOT_FOUND: notFound(
    'There is no such statement in this account.',
    'Check the id, and that the key is of the same account and mode.',
  ),
  RECONCILIATION_NOT_FOUND: notFound(
    'There is no such reconciliation in this account.',
    'Check the id, and that the key is of the same account and mode.',
  ),
  REPORT_NOT_FOUND: notFound(
    'There is no such report in this account.',
    'Check the id, and that the key is of the same account and mode.',
  ),
  REFUND_FILE_NOT_FOUND: notFound(
    'There is no such refund file in this account.',
    'Check the id, and that the key is of the same account and mode.',
  ),
  RESOURCE_NOT_FOUND: notFound('There is nothing at this address.', 'Check the path and the id in it.'),
  INVALID_STATE_TRANSITION: conflict(
    'The object is in a state that does not allow this.',
    'Read the object again; details.allowed lists what is possible in its current state.',
  ),
  RESOURCE_ALREADY_EXISTS: conflict(
    'An object with this identity exists already.',
    'Use the existing object, or choose another identifier.',
  ),
  OUTCOME_UNKNOWN: notYet(
    'A channel has not said yet what became of an earlier step. Query, do not pay again.',
    'Wait as long as Retry-After says, then read the object again; it changes once the channel has answered.',
  ),
  PAYMENT_NOT_SUCCEEDED: conflict(
    'The payment has not succeeded, so there is no money to give back.',
    'Wait until the payment intent has succeeded, or cancel it while it is open.',
  ),
  ALREADY_REFUNDED: conflict(
    'The whole amount was refunded already.',
    'Read the refunds of the payment intent; there is nothing left to give back.',
  ),
  REFUND_IN_PROGRESS: conflict(
    'Another refund of this payment is still running.',
    'Wait until that refund has succeeded or failed, then ask again.',
  ),
  PAYMENT_EXPIRED: gone('The payment was not made in time and is closed.', 'Create a new payment intent.'),
  QR_EXPIRED: gone(
    'The QR code can no longer be paid.',
    'If the payment intent is still open, ask it for a fresh code; otherwise create a new intent.',
  ),

  // The payment.
  PAYMENT_DECLINED: notPaid(
    'The channel declined the payment.',
    'Ask the payer to try another way of paying. Repeating the same request changes nothing.',
  ),
  INSUFFICIENT_FUNDS: notPaid(
    'The payer has not enough money for this payment.',
    'Ask the payer to top up or to pay another way, with a new payment intent.',
  ),
  PAYMENT_FAILED: notPaid(
    'The payment failed for good.',
    'Read failure of the payment intent for the reason, and create a new intent to try again.',
  ),

  // Repeating a request.
  IDEMPOTENCY_IN_PROGRESS: notYet(
    'The first request with this Idempotency-Key is still running.',
    'Wait as long as Retry-After says and repeat the request with the same key.',
  ),
  IDEMPOTENCY_KEY_REUSED: contradiction(
    'This Idempotency-Key belongs to a different request.',
    'Use a fresh key for each new request; repeat a request only with exactly the same content.',
  ),

  // Amounts and channels.
  AMOUNT_TOO_SMALL: unprocessable('The amount is below what the channel accepts.', 'Charge at least details.minimum.'),
  AMOUNT_EXCEEDED: unprocessable('The amount is above what is allowed here.', 'Stay within details.maximum.'),
  LIMIT_EXCEEDED: unprocessable(
    'This would go beyond a limit.',
    'Stay within details.maximum; details.limit says which limit it is.',
  ),
  AMOUNT_PRECISION_UNSUPPORTED: unprocessable(
    'The amount has more decimals than can be expressed.',
    'Use an amount the channel can express, such as whole rupiah for IDR; amounts are never rounded.',
  ),
  REFUND_FILE_EMPTY: unprocessable(
    'No refund can go into the file, so there is none.',
    'Read details.left_out for why each stays out; import the statement that names the payers, or send them by hand.',
  ),
  CURRENCY_NOT_SUPPORTED: beyondChannel(
    'No suitable channel takes this currency.',
    'Choose a channel for the currency, or one of the currencies that details.allowed lists.',
  ),
  CHANNEL_CAPABILITY_UNSUPPORTED: beyondChannel(
    'The channel cannot do this.',
    'Choose a channel that lists the capability, or do without it.',
  ),
  CAPTURE_AMOUNT_EXCEEDED: unprocessable(
    'More would be captured than was authorized.',
    'Capture at most details.maximum.',
  ),
  REFUND_AMOUNT_EXCEEDED: unprocessable(
    'More would be refunded than is left of the payment.',
    'Refund at most details.maximum.',
  ),
  REFUND_WINDOW_EXPIRED: notRefundable(
    'The time in which this payment can be refunded is over.',
    'Give the money back outside of the channel; details.refundable_until says when the time ended.',
  ),
  REFUND_POLICY_VIOLATION: notRefundable(
    'The refund policy does not allow this refund.',
    'Ask for what the policy allows; the message says what stands against it.',
  ),
  CHANNEL_ERROR: channelFailed(
    'The channel refused the request for a reason on our side. Nothing happened there.',
    'Repeat the request with the same Idempotency-Key; if it stays, tell the operator the request_id.',
  ),
  CHANNEL_UNAVAILABLE: channelDown(
    'The channel does not answer at the moment. Nothing was sent.',
    'Repeat the request later with the same Idempotency-Key, or choose another channel.',
  ),

  // Limits. A limit is a bucket of tokens: it holds a burst, and is filled at a rate.
  RATE_LIMITED: tooMany(
    'Requests came faster than the rate for longer than a second, and the bucket is empty.',
    'Wait as long as Retry-After says, and stay at details.limit requests per second.',
  ),
  RATE_LIMIT_BURST: tooMany(
    'A spike used up the whole burst: a full bucket was emptied within one second.',
    'Wait as long as Retry-After says, and spread the requests: details.burst at once, details.limit per second.',
  ),
  RATE_LIMIT_CONCURRENT: tooMany(
    'Too many requests run at the same time, or too many long polls and streams are open.',
    'Wait for an answer before you send the next request; details.limit is how many may be open.',
  ),

  // The server.
  INTERNAL_ERROR: serverFault(
    'Something went wrong on our side.',
    'Repeat the request with the same Idempotency-Key; if it stays, report the request_id.',
  ),
  SERVICE_UNAVAILABLE: serverDown(
    'The server cannot take requests at the moment.',
    'Wait as long as Retry-After says and repeat the request.',
  ),

  // For the operator, at start and on the command line; never an HTTP answer.
  CONFIGURATION_INVALID: operatorFault(
    'An option of the configuration is wrong.',
    'Correct the option that the message names; it says what is expected and where to find it.',
  ),
  DATABASE_LOCKED: operatorFault(
    'Another process uses the embedded database directory.',
    'Stop the other process, or set a DATABASE_URL so that several processes can share one Postgres.',
  ),
  MIGRATION_PENDING: operatorFault(
    'The database is older than this version of the code.',
    'Run the pending migrations before you start the server.',
  ),
});

/** A code of the framework. Plugins add their own as plain strings. */
export type ErrorCode = keyof typeof ERROR_CODES;
