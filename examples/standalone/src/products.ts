export interface Product {
  readonly id: string;
  readonly name: string;
  readonly words: string;
  /** Satang. */
  readonly price: bigint;
}

export const PRODUCTS: readonly Product[] = [
  { id: 'boat-noodles', name: 'Boat noodles', words: 'Dark broth, pork, morning glory', price: 8_900n },
  { id: 'khao-soi', name: 'Khao soi', words: 'Curried coconut broth, crisp noodles on top', price: 12_900n },
  { id: 'pad-see-ew', name: 'Pad see ew', words: 'Wide noodles, soy, Chinese broccoli', price: 9_900n },
];
