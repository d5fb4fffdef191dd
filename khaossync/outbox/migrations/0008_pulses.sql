-- Since when the part of a flow that goes through a connector goes well, as the process that works for it tells; null
-- when it does not. What is lost with a crash is told anew within seconds, so none of it is written ahead.

create unlogged table khaossync.pulses (
    flow      text not null,
    connector text not null,
    good_at   timestamptz,
    primary key (flow, connector)
) with (fillfactor = 20, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);
