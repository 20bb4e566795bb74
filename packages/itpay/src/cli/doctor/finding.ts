/** One line of `itpay doctor`. */
export interface Finding {
  readonly check: string;
  readonly state: 'ok' | 'warning' | 'broken';
  /** What was found; with a warning or a break, also the way out. */
  readonly message: string;
}

export const ok = (check: string, message: string): Finding => ({ check, state: 'ok', message });
export const warning = (check: string, message: string): Finding => ({ check, state: 'warning', message });
export const broken = (check: string, message: string): Finding => ({ check, state: 'broken', message });
