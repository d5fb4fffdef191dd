-- What people were told of, so that a restart repeats nothing, and how often lately, so that nobody is flooded.

-- A matter that a target knows of and that is not resolved yet. `about` is a connector, or the daemon itself by its host.
-- `newest` is the highest case that was told; `times` numbers the tellings.
create table khaossync.alerts (
    target  text        not null,
    about   text        not null,
    what    text        not null,
    title   text        not null,
    owner   text        not null,
    since   timestamptz not null,
    told_at timestamptz not null,
    count   integer     not null,
    newest  bigint      not null,
    times   integer     not null,
    primary key (target, about, what)
) with (fillfactor = 50, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);

create table khaossync.alert_sends (
    target  text        not null,
    sent_at timestamptz not null
);

create index alert_sends_target on khaossync.alert_sends (target, sent_at);
