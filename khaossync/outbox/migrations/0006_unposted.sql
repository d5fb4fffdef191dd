-- What a channel has sold and its ERP does not count yet, so that no unit of it is offered again.

-- `posted_at` is when the order reached the ERP; the row goes when the ERP's level of the code is read after that.
create table khaossync.unposted (
    order_key  text    not null,
    stock_code text    not null,
    channel    text    not null,
    erp        text    not null,
    units      numeric not null check (units > 0),
    posted_at  timestamptz,
    primary key (order_key, stock_code)
) with (fillfactor = 75, autovacuum_vacuum_scale_factor = 0.02);

-- `shown_at` is when a channel was last seen or made to show what it is noted to show: older sales are in that figure.
-- `seen_at` is the same where it was seen, not made: then sales that nobody has told us of yet may be in it as well.
-- `sold_at` is when we last noted a sale in it: what was seen before that does not show the sale.
alter table khaossync.levels
    add column shown_at timestamptz, add column seen_at timestamptz, add column sold_at timestamptz;

-- When the last reading that came to its end began: all that happened before has been told.
alter table khaossync.cursors add column read_up_to timestamptz;

create index unposted_code on khaossync.unposted (channel, stock_code);
create index unposted_posted on khaossync.unposted (erp, stock_code) where posted_at is not null;
