import { html, trusted, type Html } from './html.js';
import type { PageState } from './page-state.js';

// Strokes on a field of 24 × 24. The circle behind them is drawn by the style sheet.
const CHECK = 'M6.5 12.5l3.7 3.7 7.3-8';
const CLOCK = 'M12 4.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 1 0 0-15M12 8v4.2l2.8 1.8';
const CROSS = 'M8 8l8 8M16 8l-8 8';
const QUESTION = 'M9.6 9.4a2.5 2.5 0 1 1 3.6 2.3c-.8.4-1.2.9-1.2 1.8M12 16.6v.1';

const SHAPES: Readonly<Record<PageState | 'missing', string | null>> = {
  waiting: null,
  scanned: null,
  preparing: null,
  checking: CLOCK,
  processing: CLOCK,
  paid: CHECK,
  expired: CLOCK,
  cancelled: CROSS,
  failed: CROSS,
  missing: QUESTION,
};

/** The sign of a state. Decoration: the words beside it say the same. */
export function icon(state: PageState | 'missing'): Html {
  const shape = SHAPES[state];
  return html`<span class="sign" aria-hidden="true">
    ${
      shape === null
        ? html`<span class="spinner"></span>`
        : trusted(`<svg viewBox="0 0 24 24" focusable="false"><path d="${shape}" pathLength="1"/></svg>`)
    }
  </span>`;
}
