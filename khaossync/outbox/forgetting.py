"""Forgetting: a record without the person in it; its ids, amounts, moments and references stay."""

# The parts of a body that may name a person. A delivery's country stays, for it decides the VAT; so do references of
# payments and consignments, and what was bought.
_NOBODY = '{"customer_id": "", "email": "", "forename": "", "surname": "", "telephone": ""}'
_NOWHERE = (
    '{"forename": "", "surname": "", "company": "", "line1": "", "line2": "", "town": "", "county": "", '
    '"postcode": "", "telephone": ""}'
)
_PERSONLESS = f"""case d.kind
    when 'order' then d.body || jsonb_build_object(
        'customer', '{_NOBODY}'::jsonb, 'note', '', 'purchase_order', '', 'tags', '[]'::jsonb, 'company', null,
        'billing', case when jsonb_typeof(d.body -> 'billing') = 'object' then
            '{_NOWHERE}'::jsonb || jsonb_build_object('country_code', d.body #> '{{billing,country_code}}') end,
        'shipping', case when jsonb_typeof(d.body -> 'shipping') = 'object' then
            '{_NOWHERE}'::jsonb || jsonb_build_object('country_code', d.body #> '{{shipping,country_code}}') end)
    when 'refund' then d.body || '{{"note": ""}}'
    when 'despatch' then d.body || '{{"tracking_url": ""}}'
    when 'order_state' then d.body || '{{"reason": ""}}'
    else d.body
end"""

# These records, as they are now.
FORGET_PERSON = f"""
update khaossync.documents d set body = {_PERSONLESS}
from unnest($1::text[], $2::text[], $3::text[]) as told (source, kind, key)
where d.source = told.source and d.kind = told.kind and d.key = told.key"""  # noqa: S608  static text

# Those of these records whose newest version is the one whose time is up.
FORGET_VERSIONS = f"""
update khaossync.documents d set body = {_PERSONLESS}
from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as told (source, kind, key, version)
where d.source = told.source and d.kind = told.kind and d.key = told.key and d.version = told.version
    and d.kind in ('order', 'refund', 'despatch', 'order_state')
returning d.about"""  # noqa: S608  static text

# A reason goes, its sealed digest stays; without its salt nobody can try out what it may have been.
REASONLESS = "why = '', salt = null, words = sha256(uuid_send(salt) || convert_to(why, 'UTF8'))"

# The words of a case go; of the evidence, amounts and the references by which the record is found in the shop and ERP
# stay.
WORDLESS = """detail = '', why = '', evidence = (
    select coalesce(jsonb_object_agg(name, said), '{}')
    from jsonb_each_text(c.evidence) as evidence (name, said)
    where said ~ '^-?[0-9,]+[.][0-9]{2}( [A-Z]{3})?$'
        or name in ('reference', 'sales order', 'sku', 'stock code', 'stock codes', 'kind', 'key', 'version')
)"""
