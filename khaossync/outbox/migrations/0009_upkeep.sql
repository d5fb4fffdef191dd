-- Upkeep: the trail is sealed in a chain, people are forgotten, and what has had its time is found without a search.

-- History is the trail of all that was done off the normal road, by us or by people. `why` may name a person: it is
-- sealed by its digest with a salt, so that it can go (then `words` is that digest, and nobody can guess it back).
alter table khaossync.history
    alter column message_id drop not null,
    add column case_id bigint,
    add column salt uuid default gen_random_uuid(),
    add column words bytea,
    add check ((salt is null) = (words is not null)),
    add check (words is null or why = ''),
    set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05);

-- A seal binds up to a thousand entries of history to all before them. `marks` holds for each entry its id and a digest;
-- `worded` tells that reasons are still to be forgotten.
create table khaossync.seals (
    number    bigint      primary key,
    first_id  bigint      not null,
    last_id   bigint      not null,
    newest_at timestamptz not null,
    sealed_at timestamptz not null,
    marks     bytea       not null,
    previous  bytea       not null,
    digest    bytea       not null,
    worded    boolean     not null default true
) with (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05);

create index seals_worded on khaossync.seals (number) where worded;

-- Whose particulars are not to be stored again: by an order's key and by the ERP's reference for it.
create table khaossync.erased (
    about     text        primary key,
    erased_at timestamptz not null
);

-- Expired rows lie between others whose time is longer, and what they leave is filled anew: block ranges would soon
-- cover everything.
drop index khaossync.raws_expiry;
create index raws_expiry on khaossync.raws (expires_at);
drop index khaossync.hooks_age;
create index hooks_age on khaossync.hooks (received_at);
alter table khaossync.raws set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05);
alter table khaossync.hooks set (autovacuum_vacuum_scale_factor = 0.05);

create index cases_worded on khaossync.cases (closed_at) where state = 'closed' and detail <> '';
create index cases_old on khaossync.cases (closed_at) where state = 'closed' and closed_by = 'khaossync';
