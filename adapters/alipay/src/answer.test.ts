import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readAnswer, topLevelMembers } from './answer.js';
import { signRsa2 } from './signature.js';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const MEMBER = 'alipay_trade_query_response';
const keysFor = () => [publicKey];

const good = '{"code":"10000","sign":"inner","url":"http:\\/\\/a\\/b","list":[1,{"}":"]"}],"quote":"\\"}"}';
const sign = (content: string) => signRsa2(content, privateKey);
const read = (text: string) => readAnswer(text, MEMBER, keysFor);

describe('a signed answer', () => {
  it.each<[what: string, text: string]>([
    ['as usual', `{"${MEMBER}":${good},"sign":"${sign(good)}"}`],
    ['with its signature first', `{"sign":"${sign(good)}","${MEMBER}":${good}}`],
    [
      'with members between and behind',
      `{"${MEMBER}":${good},"n":-1.5e3,"b":true,"s":"x","sign":"${sign(good)}","sign_type":"RSA2"}`,
    ],
    ['with space around everything', ` \n{ "${MEMBER}" :\t${good} ,\r\n "sign" : "${sign(good)}" } \n`],
    ['with an escaped signature', `{"${MEMBER}":${good},"sign":"${sign(good).replaceAll('/', '\\/')}"}`],
  ])('is read %s', (_what, text) => {
    expect(read(text)).toEqual({ verdict: 'verified', fields: JSON.parse(good) });
  });

  const forged = '{"code":"10000","trade_status":"TRADE_SUCCESS"}';
  it.each<[what: string, text: string, verdict: string]>([
    ['one byte of it is another', `{"${MEMBER}":${good.replace('inner', 'innes')},"sign":"${sign(good)}"}`, 'forged'],
    [
      'its slashes are written otherwise',
      `{"${MEMBER}":${good.replaceAll('\\/', '/')},"sign":"${sign(good)}"}`,
      'forged',
    ],
    ['a second one follows', `{"${MEMBER}":${good},"${MEMBER}":${forged},"sign":"${sign(good)}"}`, 'unreadable'],
    ['a second one goes before', `{"${MEMBER}":${forged},"${MEMBER}":${good},"sign":"${sign(good)}"}`, 'unreadable'],
    [
      'a second one is spelt with escapes',
      `{"${MEMBER}":${good},"${MEMBER.replace('a', '\\u0061')}":${forged},"sign":"${sign(good)}"}`,
      'unreadable',
    ],
    ['there are two signatures', `{"${MEMBER}":${good},"sign":"${sign(good)}","sign":"x"}`, 'unreadable'],
    ['it answers another method', `{"alipay_trade_pay_response":${good},"sign":"${sign(good)}"}`, 'unreadable'],
    ['it hides deeper', `{"a":{"${MEMBER}":${good}},"sign":"${sign(good)}"}`, 'unreadable'],
    ['it has no signature', `{"${MEMBER}":${good}}`, 'forged'],
    ['the signature is no text', `{"${MEMBER}":${good},"sign":1}`, 'forged'],
    ['the signature is empty', `{"${MEMBER}":${good},"sign":""}`, 'forged'],
    ['the signature has something behind it', `{"${MEMBER}":${good},"sign":"${sign(good)}A"}`, 'forged'],
    ['it is a text', `{"${MEMBER}":"text","sign":"${sign('"text"')}"}`, 'unreadable'],
    ['the document is cut', `{"${MEMBER}":${good},"sign":"${sign(good)}"`, 'unreadable'],
    ['the document is a list', `[${good}]`, 'unreadable'],
    ['the document is a page', '<html></html>', 'unreadable'],
    ['there is nothing', '', 'unreadable'],
  ])('is worth nothing when %s', (_what, text, verdict) => {
    expect(read(text)).toEqual({ verdict });
  });
});

describe('a refusal of the gateway', () => {
  const refusal = '{"code":"40002","sub_code":"isv.invalid-signature"}';

  it('proves nothing without a signature', () => {
    expect(read(`{"error_response":${refusal}}`)).toEqual({ verdict: 'unsigned', fields: JSON.parse(refusal) });
  });

  it('counts with one', () => {
    expect(read(`{"error_response":${refusal},"sign":"${sign(refusal)}"}`)).toMatchObject({ verdict: 'verified' });
    expect(read(`{"error_response":${refusal},"sign":"${sign(good)}"}`)).toEqual({ verdict: 'forged' });
  });
});

it('a certificate that is not configured proves nothing', () => {
  const text = `{"${MEMBER}":${good},"alipay_cert_sn":"abc","sign":"${sign(good)}"}`;

  expect(readAnswer(text, MEMBER, (sn) => (sn === 'abc' ? null : [publicKey]))).toEqual({
    verdict: 'unknown_certificate',
  });
  expect(readAnswer(text, MEMBER, (sn) => (sn === 'abc' ? [publicKey] : null))).toMatchObject({ verdict: 'verified' });
});

it('members keep their source text', () => {
  const members = topLevelMembers('{"a" : {"b":[ 1 , "]" ]} ,"c":null,"d":"\\\\","e":{},"f":12 }');

  expect(Object.fromEntries(members!)).toEqual({ a: '{"b":[ 1 , "]" ]}', c: 'null', d: '"\\\\"', e: '{}', f: '12' });
  expect(topLevelMembers('{}')?.size).toBe(0);
});
