-- Erasing finds the decisions that tell of an order without a search.

create index decisions_orders on khaossync.decisions using gin (orders) where orders <> '{}';

-- A record loses its person with its raw text. Older releases let raw texts go alone: what they left loses it now.
update khaossync.documents d set body = case d.kind
    when 'order' then d.body || jsonb_build_object(
        'customer', '{"customer_id": "", "email": "", "forename": "", "surname": "", "telephone": ""}'::jsonb, 'note', '', 'purchase_order', '', 'tags', '[]'::jsonb, 'company', null,
        'billing', case when jsonb_typeof(d.body -> 'billing') = 'object' then
            '{"forename": "", "surname": "", "company": "", "line1": "", "line2": "", "town": "", "county": "", "postcode": "", "telephone": ""}'::jsonb || jsonb_build_object('country_code', d.body #> '{billing,country_code}') end,
        'shipping', case when jsonb_typeof(d.body -> 'shipping') = 'object' then
            '{"forename": "", "surname": "", "company": "", "line1": "", "line2": "", "town": "", "county": "", "postcode": "", "telephone": ""}'::jsonb || jsonb_build_object('country_code', d.body #> '{shipping,country_code}') end)
    when 'refund' then d.body || '{"note": ""}'
    when 'despatch' then d.body || '{"tracking_url": ""}'
    when 'order_state' then d.body || '{"reason": ""}'
    else d.body
end
where d.kind in ('order', 'refund', 'despatch', 'order_state') and not exists (
    select from khaossync.raws r where r.source = d.source and r.kind = d.kind and r.key = d.key
);
