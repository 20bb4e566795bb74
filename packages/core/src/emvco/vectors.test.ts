import { describe, expect, it } from 'vitest';
import { describeNeeding, vectorsNeed } from '../../../../test/support/needs.js';
import { loadVectors } from '../../../../test/support/vectors.js';
import { crc16 } from './crc.js';
import { readEmvco } from './read.js';
import { writeEmvco, type EmvcoInput } from './write.js';
import type { TlvField } from './tlv.js';

const vectors = loadVectors('emvco')?.vectors ?? [];
const ofKind = (kind: string) => vectors.filter((vector) => vector.kind === kind);
const readable = ofKind('parse').filter(({ expect: expected }) => expected.crcValid);
const tampered = ofKind('parse').filter(({ expect: expected }) => !expected.crcValid);
const modes = ['strict', 'tolerant'] as const;

describeNeeding(vectorsNeed, 'published EMVCo vectors', () => {
  it('are all used here', () => {
    const used = [...ofKind('crc16-ccitt-false'), ...readable, ...tampered, ...ofKind('validate')];

    expect(used.length).toBeGreaterThan(0);
    expect(used.map(({ id }) => id).toSorted()).toEqual(vectors.map(({ id }) => id).toSorted());
  });

  it.each(ofKind('crc16-ccitt-false'))('$id has the published checksum', ({ input, expect: expected }) => {
    expect(crc16(input.text)).toBe(expected.crc);
  });

  describe.each(modes)('in %s mode', (mode) => {
    it.each(readable)('$id reads as published', ({ input, expect: expected }) => {
      expect(readEmvco(input.payload, { mode })).toEqual({ ok: true, fields: expected.tree, repaired: [] });
    });

    it.each(tampered)('$id is refused for its checksum, unread', ({ input }) => {
      const reading = readEmvco(input.payload, { mode });

      expect(reading).toEqual({ ok: false, reason: expect.stringMatching(/checksum/) });
    });

    it.each(ofKind('validate'))('$id is refused: $expect.reason', ({ input }) => {
      expect(readEmvco(input.payload, { mode }).ok).toBe(false);
    });
  });

  // The checksum comes first, so two vectors with a wrong one never get to the rule that they are about.
  it.each([
    ['emv-mercari-empty-template', /80 is empty/],
    ['emv-mercari-template-overrun', /80: the unique identifier has 33 characters; the limit is 32/],
    ['emv-neg-amount-comma', /amount/],
    ['emv-neg-nondigit-length', /not two digits/],
    ['emv-neg-overrun', /declares 99 characters, but only \d+ are left/],
    ['emv-mercari-no-format-indicator', /first field is not 00/],
  ])('%s is refused for what it is about, under a right checksum', (id, reason) => {
    const { input } = vectors.find((vector) => vector.id === id)!;

    const reading = readEmvco(withChecksum(input.payload.slice(0, -4)));

    expect(reading).toMatchObject({ ok: false, reason: expect.stringMatching(reason) });
  });

  it.each(readable)('$id is written as it was read', ({ input, expect: expected }) => {
    const fields = (expected.tree as TlvField[]).filter(({ tag }) => tag !== '63').map(toInput);

    expect(writeEmvco(fields)).toBe(input.payload);
  });
});

function withChecksum(unchecked: string): string {
  return unchecked + crc16(unchecked);
}

function toInput({ tag, value, children }: TlvField): EmvcoInput {
  return [tag, children ? children.map(toInput) : value];
}
