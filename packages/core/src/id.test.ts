import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeId, ID_PREFIXES, isId, uuidOf } from './id.js';

const uuids = fc.uint8Array({ minLength: 16, maxLength: 16 });

// The UUIDv7 that RFC 9562 prints in A.6.
const rfcUuid = Uint8Array.from('017f22e279b07cc398c4dc0c0c07398f'.match(/../g)!, (hex) => parseInt(hex, 16));

describe('ids', () => {
  it.each([
    [new Uint8Array(16), 'pi_00000000000000000000000000'],
    [new Uint8Array(16).fill(0xff), 'pi_7zzzzzzzzzzzzzzzzzzzzzzzzz'],
    [rfcUuid, 'pi_01fwhe4ydgfk1shh6w1g60eecf'],
  ])('writes %o as %s and reads it back', (uuid, id) => {
    expect(encodeId('pi', uuid)).toBe(id);
    expect(uuidOf(id)).toEqual(uuid);
  });

  it('writes the same digits as plain arithmetic in base 32', () => {
    fc.assert(
      fc.property(uuids, (uuid) => {
        const number = uuid.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
        const native = number.toString(32).padStart(26, '0');
        const crockford = native.replace(/[a-v]/g, (digit) => 'abcdefghjkmnpqrstvwxyz'[digit.charCodeAt(0) - 97]!);

        expect(encodeId('evt', uuid)).toBe(`evt_${crockford}`);
        expect(uuidOf(`evt_${crockford}`)).toEqual(uuid);
        expect(isId('evt', `evt_${crockford}`)).toBe(true);
      }),
    );
  });

  it('sort as their bytes do', () => {
    fc.assert(
      fc.property(uuids, uuids, (a, b) => {
        const order = a.findIndex((byte, index) => byte !== b[index]);
        fc.pre(order >= 0);

        expect(encodeId('pi', a) < encodeId('pi', b)).toBe(a[order]! < b[order]!);
      }),
    );
  });

  it.each([
    ['another prefix', 'qr_01fwhe4ydgfk1shh6w1g60eecf'],
    ['a prefix that only starts the same', 'pix_01fwhe4ydgfk1shh6w1g60eecf'],
    ['no prefix', '01fwhe4ydgfk1shh6w1g60eecf'],
    ['more than 128 bits', 'pi_81fwhe4ydgfk1shh6w1g60eecf'],
    ['upper case', 'pi_01FWHE4YDGFK1SHH6W1G60EECF'],
    ['a letter that Crockford leaves out', 'pi_01fwhe4ydgfk1shh6w1g60eecl'],
    ['a character too few', 'pi_01fwhe4ydgfk1shh6w1g60eec'],
    ['a character too many', 'pi_01fwhe4ydgfk1shh6w1g60eecf0'],
    ['a line break at the end', 'pi_01fwhe4ydgfk1shh6w1g60eecf\n'],
    ['nothing', ''],
  ])('are refused with %s', (_, text) => {
    expect(isId('pi', text)).toBe(false);
  });

  it.each(['', 'pi', 'pi_', '01fwhe4ydgfk1shh6w1g60eecf', 'pi_81fwhe4ydgfk1shh6w1g60eecf'])(
    'have no bytes when they read %j',
    (text) => {
      expect(() => uuidOf(text)).toThrow(TypeError);
    },
  );

  it('are not made from a wrong number of bytes or an odd prefix', () => {
    expect(() => encodeId('pi', new Uint8Array(15))).toThrow(TypeError);
    expect(() => encodeId('p_i', new Uint8Array(16))).toThrow(TypeError);
  });

  it('have a prefix of their own for each object', () => {
    const prefixes = Object.values(ID_PREFIXES);

    expect(new Set(prefixes).size).toBe(prefixes.length);
  });
});
