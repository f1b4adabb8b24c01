-- query($first: Int, $after: String) {
--   statements(first: $first, after: $after) {
--     pageInfo { hasNextPage hasPreviousPage endCursor }
--     edges { cursor node { id statedOn quote { exact } speaker { name } reportedBy { name } } }
--   }
-- }

SELECT '{"pageInfo":{"hasNextPage":' || coalesce(max(CASE WHEN (anon_1.found > 10) THEN 'true' END), 'false')
|| ',"hasPreviousPage":' || CASE WHEN (EXISTS (SELECT ? AS anon_2
    FROM statement AS statement_1
    WHERE (statement_1.stated_on_sort, statement_1.id) >= (?, ?))) THEN 'true' ELSE 'false' END
|| ',"endCursor":' || coalesce(max(CASE WHEN (anon_1.nth = CASE WHEN (anon_1.found < 10) THEN anon_1.found ELSE 10 END) THEN '"STATED_ON.' || anon_1.order_value || '.' || anon_1.id || '"' END), 'null') || '},"edges":[' || coalesce(group_concat('{"cursor":"STATED_ON.' || anon_1.order_value || '.' || anon_1.id || '","node":{"id":"stm_' || anon_1.id || '","statedOn":' || json_quote(anon_1.stated_on)
    || ',"quote":{"exact":' || json_quote(anon_1.exact) || '},"speaker":{"name":' || json_quote(actor_1.name) || '},"reportedBy":' || CASE WHEN (actor_2.id IS NULL) THEN 'null' ELSE '{"name":' || json_quote(actor_2.name) || '}' END || '}}', ',') FILTER (WHERE anon_1.nth <= 10), '') || ']}' AS anon_3
FROM (SELECT anon_4.exact AS exact, anon_4.id AS id, anon_4.reported_by_id AS reported_by_id, anon_4.speaker_id AS speaker_id, anon_4.stated_on AS stated_on, anon_4.order_value AS order_value, row_number() OVER () AS nth, count(*) OVER () AS found
  FROM (SELECT statement_2.exact AS exact, statement_2.id AS id, statement_2.reported_by_id AS reported_by_id, statement_2.speaker_id AS speaker_id, statement_2.stated_on AS stated_on, statement_2.stated_on_sort AS order_value
    FROM statement AS statement_2
    WHERE (statement_2.stated_on_sort, statement_2.id) < (?, ?)
    ORDER BY order_value DESC, id DESC
    LIMIT 11 OFFSET ?) AS anon_4
  LIMIT -1 OFFSET ?) AS anon_1
LEFT OUTER JOIN actor AS actor_1 ON actor_1.id = anon_1.speaker_id
LEFT OUTER JOIN actor AS actor_2 ON actor_2.id = anon_1.reported_by_id

-- parameters: param_1, p0_after_value, p0_after_id, p0_after_value, p0_after_id, param_2, param_3
