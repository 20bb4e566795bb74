import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

// JavaScript, because the long runs run it as it is. It knows S3 by its documents and not by the SDK, which it checks.

/**
 * @typedef {object} S3Double
 * @property {string} endpoint `http://127.0.0.1:port`
 * @property {() => S3Request[]} requests those that were answered or refused, oldest first
 * @property {() => Map<string, Buffer>} objects what is in the bucket, by key
 * @property {(on: boolean) => Promise<void>} refuse nothing listens any more; and again, on the same port
 * @property {(on: boolean) => void} hang connections are taken, and nothing is answered; at the end they are cut
 * @property {(on: boolean) => void} cut of the bodies of answers, only the first half comes
 * @property {() => Promise<void>} stop
 *
 * @typedef {object} S3Request
 * @property {string} method
 * @property {string} path as it was sent, with its query
 * @property {import('node:http').IncomingHttpHeaders} headers
 * @property {number} status
 * @property {string | null} code of the refusal
 *
 * @typedef {import('node:http').IncomingMessage} IncomingMessage
 * @typedef {import('node:http').ServerResponse} ServerResponse
 */

/**
 * A bucket of S3 in this process, on a port of the loopback interface. It answers GET, HEAD, PUT and DELETE of objects, and
 * only those that are signed (SigV4, in the header or in the query) with the given key: unsigned, tampered and expired ones get
 * what S3 answers. Bodies in chunks (`aws-chunked`) and conditions are refused, as many stores beside AWS do.
 *
 * @param {{ accessKeyId: string, secretAccessKey: string, bucket: string, region?: string, now?: () => Date }} options
 *   `region`: us-east-1 unless told
 * @returns {Promise<S3Double>}
 */
export async function startS3Double({
  accessKeyId,
  secretAccessKey,
  bucket,
  region = 'us-east-1',
  now = () => new Date(),
}) {
  /** @type {Map<string, Buffer>} */
  const objects = new Map();
  /** @type {S3Request[]} */
  const requests = [];
  let hanging = false;
  let cutting = false;
  const key = { accessKeyId, secretAccessKey, region };

  const server = createServer((request, response) => {
    const chunks = /** @type {Buffer[]} */ ([]);
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      if (hanging) return;
      const answer = answerTo(request, Buffer.concat(chunks));
      const { method = '', url: path = '', headers } = request;
      requests.push({ method, path, headers, status: answer.status, code: answer.code ?? null });
      send(request, response, answer);
    });
  });

  /**
   * @param {IncomingMessage} request
   * @param {Buffer} body
   * @returns {Answer}
   */
  function answerTo(request, body) {
    const refusal = checkSignature(request, body, key, now());
    if (refusal !== null) return refused(refusal);
    const { method, headers } = request;
    const url = new URL(request.url ?? '', 'http://s3');
    const [, inBucket = '', ...rest] = url.pathname.split('/');
    const name = decodeURIComponent(rest.join('/'));
    if (decodeURIComponent(inBucket) !== bucket) return refused('NoSuchBucket');
    if (headers['if-none-match'] || headers['if-match'] || name === '') return refused('NotImplemented');

    if (method === 'PUT') {
      objects.set(name, body);
      return { status: 200, headers: { etag: `"${createHash('md5').update(body).digest('hex')}"` } };
    }
    if (method === 'DELETE') {
      objects.delete(name);
      return { status: 204 };
    }
    if (method !== 'GET' && method !== 'HEAD') return refused('MethodNotAllowed');
    const found = objects.get(name);
    return found === undefined ? refused('NoSuchKey') : objectAnswer(found, headers.range, url.searchParams);
  }

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   * @param {Answer} answer
   */
  function send(request, response, { status, headers = {}, body = Buffer.alloc(0) }) {
    const silent = request.method === 'HEAD' || status === 204;
    response.writeHead(status, { ...headers, ...(status !== 204 && { 'content-length': body.length }) });
    if (silent) response.end();
    else if (!cutting) response.end(body);
    else response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy());
  }

  await listen(0);
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());

  /** @param {number} at */
  async function listen(at) {
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
  }
  async function unlisten() {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  return {
    endpoint: `http://127.0.0.1:${port}`,
    requests: () => [...requests],
    objects: () => new Map(objects),
    refuse: async (on) => {
      if (on) await unlisten();
      else if (!server.listening) await listen(port);
    },
    hang: (on) => {
      hanging = on;
      if (!on) server.closeAllConnections();
    },
    cut: (on) => {
      cutting = on;
    },
    stop: unlisten,
  };
}

/**
 * @typedef {{ status: number, code?: string, headers?: Record<string, string>, body?: Buffer }} Answer
 * @typedef {{ accessKeyId: string, secretAccessKey: string, region: string }} Key
 */

/**
 * @param {Buffer} bytes
 * @param {string | undefined} range
 * @param {URLSearchParams} query
 * @returns {Answer}
 */
function objectAnswer(bytes, range, query) {
  const headers = {
    'accept-ranges': 'bytes',
    'content-type': query.get('response-content-type') ?? 'application/octet-stream',
    ...(query.has('response-content-disposition') && {
      'content-disposition': String(query.get('response-content-disposition')),
    }),
  };
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  if (first === undefined) return { status: 200, headers, body: bytes };
  const from = Number(first);
  if (from >= bytes.length) return refused('InvalidRange');
  const to = Math.min(last ? Number(last) : bytes.length - 1, bytes.length - 1);
  return {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${from}-${to}/${bytes.length}` },
    body: bytes.subarray(from, to + 1),
  };
}

/** @type {Record<string, [status: number, message: string]>} */
const REFUSALS = {
  AccessDenied: [403, 'Access Denied'],
  AuthorizationHeaderMalformed: [400, 'The authorization header is malformed; the region is wrong'],
  AuthorizationQueryParametersError: [400, 'Query-string authentication is not complete'],
  InvalidAccessKeyId: [403, 'The AWS Access Key Id you provided does not exist in our records.'],
  InvalidRange: [416, 'The requested range is not satisfiable'],
  MethodNotAllowed: [405, 'The specified method is not allowed against this resource.'],
  NoSuchBucket: [404, 'The specified bucket does not exist'],
  NoSuchKey: [404, 'The specified key does not exist.'],
  NotImplemented: [501, 'A header you provided implies functionality that is not implemented'],
  RequestTimeTooSkewed: [403, 'The difference between the request time and the current time is too large.'],
  SignatureDoesNotMatch: [403, 'The request signature we calculated does not match the signature you provided.'],
  XAmzContentSHA256Mismatch: [400, 'The provided x-amz-content-sha256 header does not match what was computed.'],
};

/**
 * @param {string} code
 * @returns {Answer}
 */
function refused(code) {
  const [status, message] = /** @type {[number, string]} */ (REFUSALS[code]);
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { status, code, headers: { 'content-type': 'application/xml' }, body: Buffer.from(body) };
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const SKEW_MS = 15 * 60_000;
const LONGEST_S = 604_800;

/**
 * AWS Signature Version 4, in the header or in the query. (S3 API reference, "Authenticating Requests")
 *
 * @param {IncomingMessage} request
 * @param {Buffer} body
 * @param {Key} key
 * @param {Date} now
 * @returns {string | null} the code of the refusal; null when it is signed as it should be
 */
function checkSignature(request, body, key, now) {
  const { headers } = request;
  const [path = '', search = ''] = (request.url ?? '').split('?');
  const query = search === '' ? [] : search.split('&').map((pair) => decodedPair(pair));
  const inQuery = new Map(query);
  const signed = inQuery.has('X-Amz-Algorithm') ? fromQuery(inQuery) : fromHeader(headers);
  if (typeof signed === 'string') return signed;

  const [accessKeyId, day, region, service, end, ...more] = signed.credential.split('/');
  if (accessKeyId !== key.accessKeyId) return 'InvalidAccessKeyId';
  if (
    region !== key.region ||
    service !== 's3' ||
    end !== 'aws4_request' ||
    more.length > 0 ||
    !signed.at.startsWith(`${day}T`)
  ) {
    return signed.expires === null ? 'AuthorizationHeaderMalformed' : 'AuthorizationQueryParametersError';
  }

  const at = Date.parse(signed.at.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (signed.expires === null) {
    if (!(Math.abs(now.getTime() - at) <= SKEW_MS)) return 'RequestTimeTooSkewed';
  } else {
    if (!(signed.expires >= 1 && signed.expires <= LONGEST_S)) return 'AuthorizationQueryParametersError';
    if (!(now.getTime() >= at - SKEW_MS && now.getTime() <= at + signed.expires * 1000)) return 'AccessDenied';
  }

  // Whoever signs leaves nothing out that says what is meant.
  const names = signed.headers.split(';');
  const mustBeSigned = Object.keys(headers).filter((name) => name === 'host' || name.startsWith('x-amz-'));
  if (!mustBeSigned.every((name) => names.includes(name))) return 'AccessDenied';

  const given = headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD';
  if (signed.expires === null && headers['x-amz-content-sha256'] === undefined) return 'AccessDenied';
  if (String(given).startsWith('STREAMING-') || String(headers['content-encoding'] ?? '').includes('aws-chunked')) {
    return 'NotImplemented';
  }
  const payload = signed.expires === null ? String(given) : 'UNSIGNED-PAYLOAD';

  const canonical = [
    request.method,
    path
      .split('/')
      .map((part) => escaped(decodeURIComponent(part)))
      .join('/'),
    query
      .filter(([name]) => name !== 'X-Amz-Signature')
      .map(([name, value]) => [escaped(name), escaped(value)])
      .toSorted(([a = '', x = ''], [b = '', y = '']) => (a === b ? order(x, y) : order(a, b)))
      .map((pair) => pair.join('='))
      .join('&'),
    ...names.map(
      (name) =>
        `${name}:${String(headers[name] ?? '')
          .trim()
          .replace(/ +/g, ' ')}`,
    ),
    '',
    signed.headers,
    payload,
  ].join('\n');
  const scope = [day, region, service, end].join('/');
  const text = [ALGORITHM, signed.at, scope, sha256(canonical)].join('\n');
  const signingKey = [String(day), String(region), 's3', 'aws4_request'].reduce(hmac, `AWS4${key.secretAccessKey}`);
  const right = /** @type {Buffer} */ (hmac(signingKey, text));
  const got = Buffer.from(signed.signature, 'hex');
  if (got.length !== right.length || !timingSafeEqual(got, right)) return 'SignatureDoesNotMatch';
  if (payload !== 'UNSIGNED-PAYLOAD' && payload !== sha256(body)) return 'XAmzContentSHA256Mismatch';
  return null;
}

/** @typedef {{ credential: string, at: string, headers: string, signature: string, expires: number | null }} Signed */

/**
 * @param {import('node:http').IncomingHttpHeaders} headers
 * @returns {Signed | string}
 */
function fromHeader({ authorization, 'x-amz-date': at }) {
  const parts = /^AWS4-HMAC-SHA256 Credential=([^, ]+), ?SignedHeaders=([^, ]+), ?Signature=([0-9a-f]{64})$/.exec(
    authorization ?? '',
  );
  const [, credential, headers, signature] = parts ?? [];
  if (credential === undefined || headers === undefined || signature === undefined) return 'AccessDenied';
  return { credential, headers, signature, at: String(at ?? ''), expires: null };
}

/**
 * @param {Map<string, string>} query
 * @returns {Signed | string}
 */
function fromQuery(query) {
  const of = (/** @type {string} */ name) => query.get(`X-Amz-${name}`) ?? '';
  const [credential, at, headers, signature] = [of('Credential'), of('Date'), of('SignedHeaders'), of('Signature')];
  if (of('Algorithm') !== ALGORITHM || [credential, at, headers, signature].includes('')) {
    return 'AuthorizationQueryParametersError';
  }
  return { credential, at, headers, signature, expires: Number(of('Expires')) };
}

/**
 * @param {string} pair
 * @returns {[string, string]}
 */
function decodedPair(pair) {
  const [name = '', ...value] = pair.split('=');
  return [decodeURIComponent(name), decodeURIComponent(value.join('='))];
}

/** As the signature wants it: everything but letters, digits and `-._~`. */
const escaped = (/** @type {string} */ text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
const order = (/** @type {string} */ a, /** @type {string} */ b) => (a < b ? -1 : Number(a > b));
const sha256 = (/** @type {string | Buffer} */ text) => createHash('sha256').update(text).digest('hex');
const hmac = (/** @type {string | Buffer} */ key, /** @type {string} */ text) =>
  /** @type {string | Buffer} */ (createHmac('sha256', key).update(text).digest());
