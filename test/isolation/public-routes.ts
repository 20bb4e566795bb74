/**
 * The routes that ask nobody who they are, each with the reason why that shows nobody anything of an account. A route that
 * becomes public fails the suite until somebody has thought about it and written it down here.
 */
export const PUBLIC_ROUTES: Readonly<Record<string, string>> = {
  'GET /v1/health': 'says that the process runs, and nothing else',
  'GET /v1/ready': 'says which parts of the installation work; parts are not of an account',
  'GET /v1/versions': 'the wire versions of the software',
  'GET /v1/openapi.json': 'the description of the API, the same for everybody',
  'GET /docs': 'the same description as a page',
  'GET /errors': 'the error codes, the same for everybody',
  'GET /errors/{code}': 'one error code; {code} names no object',
  'POST /v1/channels/{channel}/callback/{token}': 'the signature of the rail decides, and its answer holds no object',
  'GET /v1/reports/{id}/download': 'the signature in the address decides, which only its owner gets; test/reports',
  'GET /v1/refund-files/{id}/download': 'the same as for reports',
  'GET /pay/{id}': 'the display token, in the address or in a cookie, decides; test/isolation/by-hand.db.test.ts',
  'GET /assets/pay.js': 'a file of the software',
  'GET /assets/pay.css': 'a file of the software',
};
