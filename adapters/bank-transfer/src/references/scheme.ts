/**
 * How our order numbers look in the remittance field of a transfer. A payer retypes them and a bank cuts and joins them, so
 * a scheme adds check digits and finds them again in any text.
 */
export interface ReferenceScheme {
  /** The order numbers that it can carry; at least 60 bits, as every channel's. */
  readonly orderNumbers: { readonly maxLength: number; readonly alphabet: string };
  /** Whether banks have a field for it: an ISO 11649 reference is structured, other text is not. */
  readonly structured: boolean;
  /** What the payer types, without spaces: at most 25 of `A-Z0-9`. */
  write(orderNumber: string): string;
  /** The order number behind one reference as people type it; null when it is none of ours. */
  read(typed: string): string | null;
  /** The order numbers in a text that holds other things too, each once, in their order. */
  find(text: string): readonly string[];
}
