create table customers (
  id bigint generated always as identity primary key,
  email text not null unique,
  full_name text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table products (
  id bigint generated always as identity primary key,
  name text not null unique,
  price_cents integer not null check (price_cents > 0)
);

create table carts (
  id bigint generated always as identity primary key,
  created_at timestamptz not null default now()
);

create table cart_items (
  cart_id bigint not null references carts,
  product_id bigint not null references products,
  quantity integer not null check (quantity > 0),
  primary key (cart_id, product_id)
);

-- checkout_id is made by the client and deliberately not unique: an order taken twice shall show, not be refused.
create table orders (
  id bigint generated always as identity primary key,
  checkout_id uuid not null,
  customer_id bigint not null references customers,
  total_cents integer not null,
  placed_at timestamptz not null default now()
);

create index orders_checkout_id on orders (checkout_id);
create index orders_customer_id on orders (customer_id);

create table order_lines (
  order_id bigint not null references orders,
  product_id bigint not null references products,
  quantity integer not null,
  unit_price_cents integer not null,
  primary key (order_id, product_id)
);
