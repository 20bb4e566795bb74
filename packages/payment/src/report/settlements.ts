import { money } from '@itpay/core';
import { statement } from '@itpay/kernel';
import { countDays, daysFrom } from './days.js';
import { FEE_OF_ROW, FEE_ROWS } from './lists.js';
import type { ReportScope, ReportSource } from './source.js';

/** What moved on a day, on a channel, in a currency. Sums may be beyond what an integer of the database holds. */
interface SettlementRow {
  /** Null for a total. */
  readonly day: string | null;
  readonly channel: string | null;
  readonly currency: string;
  readonly payments: number;
  readonly gross: bigint;
  readonly refunds: number;
  readonly refunded: bigint;
  readonly feeLines: number;
  readonly fees: bigint;
}

/** Days that are added up at once: a busy month is some hundred thousand rows. */
const DAYS = 31;

/** Per day, channel and currency: what came in, what went back, what the channel took, and what is left. */
export const settlements: ReportSource<SettlementRow> = {
  columns: [
    { kind: 'plain', name: 'day', of: ({ day }) => day ?? 'total' },
    { kind: 'plain', name: 'channel', of: ({ channel }) => channel },
    { kind: 'currency', name: 'currency', of: ({ currency }) => currency },
    { kind: 'plain', name: 'payments', of: ({ payments }) => payments },
    { kind: 'money', name: 'gross', of: ({ currency, gross }) => money(currency, gross) },
    { kind: 'plain', name: 'refunds', of: ({ refunds }) => refunds },
    { kind: 'money', name: 'refunded', of: ({ currency, refunded }) => money(currency, refunded) },
    { kind: 'plain', name: 'fee_lines', of: ({ feeLines }) => feeLines },
    { kind: 'money', name: 'fees', of: ({ currency, fees }) => money(currency, fees) },
    { kind: 'money', name: 'net', of: (row) => money(row.currency, row.gross - row.refunded - row.fees) },
  ],

  /** The cursor is how many days were told. */
  async page(on, { fromDay, toDay, timeZone, account, livemode, channel }: ReportScope, cursor) {
    const told = Number(cursor ?? 0);
    const days = daysFrom(fromDay, toDay, timeZone).slice(told, told + DAYS);
    const found = await on.query(SETTLEMENTS, {
      account,
      livemode,
      channel,
      days: days.map(({ day }) => day),
      starts: days.map(({ starts }) => starts.toISOString()),
      ends: days.map(({ ends }) => ends.toISOString()),
    });
    const rows = found.map(({ fee_lines, gross, refunded, fees, ...row }) => ({
      ...row,
      feeLines: fee_lines,
      gross: BigInt(gross),
      refunded: BigInt(refunded),
      fees: BigInt(fees),
    }));
    return { rows, next: told + DAYS < countDays(fromDay, toDay) ? String(told + DAYS) : null };
  },

  totals: {
    add(sums, rows) {
      const byCurrency = new Map(totalsOf(sums).map((total) => [total.currency, total]));
      for (const row of rows) {
        const { currency } = row;
        const sum = byCurrency.get(currency) ?? { ...NOTHING, currency };
        byCurrency.set(currency, {
          ...sum,
          payments: sum.payments + row.payments,
          gross: sum.gross + row.gross,
          refunds: sum.refunds + row.refunds,
          refunded: sum.refunded + row.refunded,
          feeLines: sum.feeLines + row.feeLines,
          fees: sum.fees + row.fees,
        });
      }
      return [...byCurrency.values()].map(({ gross, refunded, fees, ...total }) => ({
        ...total,
        gross: String(gross),
        refunded: String(refunded),
        fees: String(fees),
      }));
    },
    rowsOf: (sums) => totalsOf(sums).toSorted((a, b) => (a.currency < b.currency ? -1 : 1)),
  },
};

const NOTHING = {
  day: null,
  channel: null,
  payments: 0,
  gross: 0n,
  refunds: 0,
  refunded: 0n,
  feeLines: 0,
  fees: 0n,
} as const;

/** Sums as they wait between two steps of a job, where JSON has no bigint. */
type WaitingSum = Omit<SettlementRow, 'gross' | 'refunded' | 'fees'> & Record<'gross' | 'refunded' | 'fees', string>;

function totalsOf(sums: unknown): SettlementRow[] {
  return ((sums ?? []) as WaitingSum[]).map(({ gross, refunded, fees, ...total }) => ({
    ...total,
    gross: BigInt(gross),
    refunded: BigInt(refunded),
    fees: BigInt(fees),
  }));
}

interface Found {
  readonly day: string;
  readonly channel: string;
  readonly currency: string;
  readonly payments: number;
  readonly gross: string;
  readonly refunds: number;
  readonly refunded: string;
  readonly fee_lines: number;
  readonly fees: string;
}

// All that came counts, also what lies aside: it is in the payee's account.
const SETTLEMENTS = statement<
  { account: string; livemode: boolean; channel: string | null; days: string[]; starts: string[]; ends: string[] },
  Found
>(
  'report_settlements',
  `with days as (
     select * from unnest(:days::text[], :starts::timestamptz[], :ends::timestamptz[]) as d (day, starts, ends)),
   moved as (
     select d.day, i.channel, i.currency, count(*) as payments, sum(i.amount) as gross, 0 as refunds, 0 as refunded,
            0 as fee_lines, 0 as fees
       from days d join {schema}.inflows i on i.paid_at >= d.starts and i.paid_at < d.ends
      where i.account = :account and i.livemode = :livemode and (:channel::text is null or i.channel = :channel)
      group by d.day, i.channel, i.currency
     union all
     select d.day, coalesce(f.channel, p.channel), r.currency, 0, 0, count(*), sum(r.amount), 0, 0
       from days d join {schema}.refunds r on r.succeeded_at >= d.starts and r.succeeded_at < d.ends
       join {schema}.payment_intents p on p.id = r.payment_intent_id
       left join {schema}.inflows f on f.id = r.inflow_id
      where r.account = :account and r.livemode = :livemode
        and (:channel::text is null or coalesce(f.channel, p.channel) = :channel)
      group by d.day, coalesce(f.channel, p.channel), r.currency
     union all
     select d.day, r.channel, r.currency, 0, 0, 0, 0, count(*), sum(${FEE_OF_ROW})
       from days d join {schema}.statement_rows r on r.booked_at >= d.starts and r.booked_at < d.ends
      where r.account = :account and r.livemode = :livemode and (:channel::text is null or r.channel = :channel)
        and ${FEE_ROWS}
      group by d.day, r.channel, r.currency)
   select day, channel, currency, sum(payments)::int as payments, sum(gross)::text as gross,
          sum(refunds)::int as refunds, sum(refunded)::text as refunded, sum(fee_lines)::int as fee_lines,
          sum(fees)::text as fees
     from moved group by day, channel, currency order by day, channel, currency`,
);
