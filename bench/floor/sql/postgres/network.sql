-- $1 day
WITH tie AS MATERIALIZED (
  SELECT id, kind, source_id, target_id, valid_from, valid_to FROM relation
  WHERE valid_from_sort <= $1::text::date AND (valid_to IS NULL OR valid_to >= $1::text::date)
)
SELECT '{"data":{"network":{"actors":[' || coalesce((
  SELECT string_agg('{"id":"act_' || id || '","name":' || to_json(name)::text || ',"kind":"' || kind || '"}', ','
    ORDER BY id)
  FROM actor WHERE id IN (SELECT source_id FROM tie UNION SELECT target_id FROM tie)
), '') || '],"relations":[' || coalesce((
  SELECT string_agg('{"id":"rel_' || id || '","kind":"' || kind || '","source":{"id":"act_' || source_id
    || '"},"target":{"id":"act_' || target_id || '"},"validFrom":' || coalesce('"' || valid_from || '"', 'null')
    || ',"validTo":' || coalesce('"' || valid_to || '"', 'null') || '}', ',' ORDER BY id)
  FROM tie
), '') || ']}}}'
