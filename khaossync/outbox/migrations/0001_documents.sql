-- What came in: the newest state of every record, the raw text of each version, and how far each stream was read.

create table khaossync.documents (
    source      text        not null,
    kind        text        not null,
    key         text        not null,
    version     text        not null,
    moment      timestamptz not null,
    about       text        not null,  -- the order key or the ERP's reference by which a trace finds it
    number      text,                  -- what the customer calls the order; null for other kinds
    body        jsonb       not null,
    received_at timestamptz not null,
    primary key (source, kind, key)
) with (fillfactor = 75, autovacuum_vacuum_scale_factor = 0.05);

create index documents_about on khaossync.documents (about);
create index documents_number on khaossync.documents (number) where number is not null;

-- Packs by their parts: few rows, for few items are packs.
create index documents_packs on khaossync.documents using gin ((body -> 'pack'))
    where kind = 'stock_item' and body -> 'pack' <> '{}';

create table khaossync.raws (
    source      text        not null,
    kind        text        not null,
    key         text        not null,
    version     text        not null,
    moment      timestamptz not null,
    raw         text        not null,
    received_at timestamptz not null,
    expires_at  timestamptz not null,
    primary key (source, kind, key, version, moment)
);

-- Rows arrive nearly in the order in which they expire, so block ranges are enough and cost inserts nothing.
create index raws_expiry on khaossync.raws using brin (expires_at) with (autosummarize = on);

create table khaossync.cursors (
    source  text        not null,
    stream  text        not null,
    cursor  text        not null,
    read_at timestamptz not null,
    primary key (source, stream)
) with (fillfactor = 50, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);

-- Which kinds a stream tells, and when it was last read to its end.
create table khaossync.catalogues (
    source  text not null,
    stream  text not null,
    kind    text not null,
    read_at timestamptz,
    primary key (source, stream, kind)
);

create table khaossync.hooks (
    source      text        not null,
    delivery_id text        not null,
    topic       text        not null,
    received_at timestamptz not null,
    primary key (source, delivery_id)
);

create index hooks_age on khaossync.hooks using brin (received_at) with (autosummarize = on);
