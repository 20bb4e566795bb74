import { orderPayments } from './payments/migration.js';

/** By name, in their order. A released one is never changed. */
export const migrations: ReadonlyMap<string, string> = new Map([
  [
    '0001-shop',
    `create table shop.users (
       id integer generated always as identity primary key,
       email text not null unique,
       name text not null,
       password_hash text not null,
       staff boolean not null default false
     );
     create table shop.sessions (
       id text primary key,
       user_id integer references shop.users,
       expires_at timestamptz not null
     );
     create table shop.products (
       id text primary key,
       name text not null,
       words text not null,
       price_satang integer not null check (price_satang > 0),
       kind text not null,
       colour text not null,
       place integer not null
     );
     create table shop.cart_items (
       session_id text not null references shop.sessions on update cascade on delete cascade,
       product_id text not null references shop.products,
       quantity integer not null check (quantity between 1 and 20),
       primary key (session_id, product_id)
     );
     create sequence shop.order_numbers start 1001;
     create table shop.orders (
       id text primary key default 'DR-' || nextval('shop.order_numbers'),
       user_id integer not null references shop.users,
       status text not null default 'unpaid' check (status in ('unpaid', 'paid', 'refunded')),
       total_satang integer not null check (total_satang > 0),
       placed_at timestamptz not null default now(),
       paid_at timestamptz
     );
     create index on shop.orders (user_id, placed_at);
     create table shop.order_lines (
       order_id text not null references shop.orders,
       product_id text not null references shop.products,
       name text not null,
       quantity integer not null,
       price_satang integer not null,
       primary key (order_id, product_id)
     );`,
  ],
  ['0002-order-payments', orderPayments],
]);
