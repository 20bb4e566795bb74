import { expect, it } from 'vitest';
import { payeeOf, type PixOptions } from './config.js';

const shop = { key: '52998224725', name: 'Loja da Esquina', city: 'SAO PAULO' };

it.each([
  ['a CPF', '52998224725'],
  ['a CNPJ', '11222333000181'],
  ['a telephone number', '+5511987654321'],
  ['an e-mail address', 'caixa@loja.example'],
  ['a random key', '123e4567-e12b-12d1-a456-426655440000'],
])('takes %s', (_, key) => {
  expect(payeeOf({ ...shop, key })).toEqual({ ...shop, key });
});

it.each<[string, object | null, string]>([
  ['no options', null, 'key'],
  ['no key', { key: undefined }, 'key'],
  ['a CPF with a typing error', { key: '52998224726' }, 'key'],
  ['a CNPJ with a typing error', { key: '11222333000182' }, 'key'],
  ['a CPF of one digit', { key: '11111111111' }, 'key'],
  ['punctuation', { key: '529.982.247-25' }, 'key'],
  ['a telephone number without its country', { key: '1198765432' }, 'key'],
  ['an e-mail address in capitals', { key: 'Caixa@loja.example' }, 'key'],
  ['an e-mail address that is too long', { key: `${'a'.repeat(66)}@loja.example` }, 'key'],
  ['the payee of test mode', { key: '00000000-0000-0000-0000-000000000000' }, 'key'],
  ['no name', { name: '' }, 'name'],
  ['a name with accents', { name: 'Padaria São João' }, 'name'],
  ['a name that is too long', { name: 'x'.repeat(26) }, 'name'],
  ['a city that is too long', { city: 'Sao Jose do Rio Preto' }, 'city'],
  ['a misspelt option', { nome: 'Loja' }, 'nome'],
])('refuses %s, naming the option and not its value', (_, change, param) => {
  const options = (change === null ? null : { ...shop, ...change }) as PixOptions;

  expect(() => payeeOf(options)).toThrow(
    expect.objectContaining({
      code: 'CONFIGURATION_INVALID',
      param,
      message: expect.not.stringMatching(/5299822472|1122233300018/),
    }),
  );
});
