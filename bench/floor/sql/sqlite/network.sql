-- ?1 day
WITH tie AS MATERIALIZED (
  SELECT id, kind, source_id, target_id, valid_from, valid_to FROM relation
  WHERE +valid_from_sort <= ?1 AND (valid_to IS NULL OR valid_to >= ?1) ORDER BY id LIMIT -1
)
SELECT '{"data":{"network":{"actors":[' || coalesce((
  SELECT group_concat('{"id":"act_' || id || '","name":' || json_quote(name) || ',"kind":"' || kind || '"}')
  FROM (
    SELECT id, name, kind FROM actor
    WHERE id IN (SELECT source_id FROM tie UNION SELECT target_id FROM tie) ORDER BY id LIMIT -1
  )
), '') || '],"relations":[' || coalesce((
  SELECT group_concat('{"id":"rel_' || id || '","kind":"' || kind || '","source":{"id":"act_' || source_id
    || '"},"target":{"id":"act_' || target_id || '"},"validFrom":' || json_quote(valid_from)
    || ',"validTo":' || json_quote(valid_to) || '}')
  FROM tie
), '') || ']}}}'
