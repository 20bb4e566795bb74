import { definePlugin } from '@itpay/kernel';

// JavaScript, because the configuration of the command imports it as it is.

/** A plugin whose tables have everything that a copy can get wrong, and which writes as rows come in. */
export const oddTables = definePlugin({
  name: 'odd-tables',
  version: '1.0.0',
  migrations: [
    {
      name: '0001-odd',
      up: `
create table {schema}.odd (
  "Id ""quoted""" bigint generated always as identity (start 100 increment 10) primary key,
  parent bigint,
  doubled bigint generated always as ("Id ""quoted""" * 2) stored,
  bytes bytea, document jsonb, plain json, at timestamptz, local timestamp, day date, span interval, ratio double precision,
  small real, exact numeric, flag boolean, words text[], grid int[], moments timestamptz[], ratios double precision[],
  blobs bytea[], who uuid, net inet, range int4range, tag "char", fixed char(5), written int not null default 0,
  constraint odd_parent foreign key (parent) references {schema}.odd ("Id ""quoted""") deferrable
);
create table {schema}.odd_settings (name text primary key, value text not null);
insert into {schema}.odd_settings values ('seeded by', 'a migration');
create table {schema}.odd_log (n serial, what text not null);
create index odd_by_day on {schema}.odd (day);
create function {schema}.odd_written() returns trigger language plpgsql as $$
begin
  new.written := new.written + 1;
  insert into {schema}.odd_log (what) values ('written');
  return new;
end $$;
create trigger odd_is_written before insert on {schema}.odd for each row execute function {schema}.odd_written();
alter table {schema}.odd enable always trigger odd_is_written;
`,
    },
  ],
});

/** Rows for it, the later ones older than those they point at. */
export const ODD_ROWS = `
insert into itpay.odd (parent, bytes, document, plain, at, local, day, span, ratio, small, exact, flag, words, grid, moments,
    ratios, blobs, who, net, range, tag, fixed)
  values
  (null, '\\x00ff5c27', '{"b": 1.10, "a": [null, "\\u00e9\\u0001", 12345678901234567890.5]}', '{ "kept" :  1 }',
    '2026-11-22 14:12:00.123456+07', '2026-11-22 14:12:00.000001', '0044-03-15 BC', '1 mon -2 days 03:04:05.678901',
    0.1::float8 + 0.2::float8, 0.1, 1.000, true, array['a', null, 'NULL', '', 'with "quotes", \\ and {braces}', e'\\x0b'],
    array[[1, 2], [3, 4]], array['2026-01-01 00:00:00.000001+00'::timestamptz, 'infinity'], array['NaN'::float8, 5e-324],
    array['\\x00'::bytea, null], '4b6f9d5e-0000-4000-8000-0123456789ab', '10.0.0.0/8', '[1,5)', 'x', 'ab'),
  (110, '', 'null', 'null', '-infinity', 'infinity', 'infinity', '0', 'NaN', '-infinity', 'NaN', false, '{}', '[0:1]={7,8}',
    '{}', '{}', '{}', null, '::1', 'empty', null, ''),
  (null, null, null, null, null, null, null, null, 1.7976931348623157e308, 3.4e38, 12345678901234567890.0123456789, null,
    array[e'tab\\t', e'line\\n', ' ', '''', '汉字 ไทย 🙂'], null, null, null, null, null, null, null, null, null)`;
