-- query($first: Int, $after: String) {
--   statements(first: $first, after: $after) {
--     pageInfo { hasNextPage hasPreviousPage endCursor }
--     edges { cursor node { id statedOn quote { exact } speaker { name } reportedBy { name } } }
--   }
-- }

SELECT '{"pageInfo":{"hasNextPage":' || coalesce(max(CASE WHEN (anon_1.found > 10) THEN 'true' END), 'false')
|| ',"hasPreviousPage":' || CASE WHEN (EXISTS (SELECT $1::INTEGER AS anon_2
    FROM statement AS statement_1
    WHERE (statement_1.stated_on_sort, statement_1.id) >= ($2::DATE, $3::UUID))) THEN 'true' ELSE 'false' END
|| ',"endCursor":' || coalesce(max(CASE WHEN (anon_1.nth = CASE WHEN (anon_1.found < 10) THEN anon_1.found ELSE 10 END) THEN '"STATED_ON.' || CAST(anon_1.order_value AS TEXT) || '.' || CAST(anon_1.id AS TEXT) || '"' END), 'null') || '},"edges":[' || coalesce(string_agg('{"cursor":"STATED_ON.' || CAST(anon_1.order_value AS TEXT) || '.' || CAST(anon_1.id AS TEXT) || '","node":{"id":"stm_' || CAST(anon_1.id AS TEXT) || '","statedOn":' || coalesce('"' || CAST(anon_1.stated_on AS TEXT) || '"', 'null')
    || ',"quote":{"exact":' || CAST(to_json(anon_1.exact) AS TEXT) || '},"speaker":{"name":' || CAST(to_json(actor_1.name) AS TEXT) || '},"reportedBy":' || CASE WHEN (actor_2.id IS NULL) THEN 'null' ELSE '{"name":' || CAST(to_json(actor_2.name) AS TEXT) || '}' END || '}}', ','
    ORDER BY anon_1.order_value DESC, anon_1.id DESC) FILTER (WHERE anon_1.nth <= 10), '') || ']}' AS anon_3
FROM (SELECT anon_4.exact AS exact, anon_4.id AS id, anon_4.reported_by_id AS reported_by_id, anon_4.speaker_id AS speaker_id, anon_4.stated_on AS stated_on, anon_4.order_value AS order_value, row_number() OVER () AS nth, count(*) OVER () AS found
  FROM (SELECT statement_2.exact AS exact, statement_2.id AS id, statement_2.reported_by_id AS reported_by_id, statement_2.speaker_id AS speaker_id, statement_2.stated_on AS stated_on, statement_2.stated_on_sort AS order_value
    FROM statement AS statement_2
    WHERE (statement_2.stated_on_sort, statement_2.id) < ($2::DATE, $3::UUID)
    ORDER BY order_value DESC, id DESC
    LIMIT 11) AS anon_4) AS anon_1
JOIN actor AS actor_1 ON actor_1.id = anon_1.speaker_id
LEFT OUTER JOIN actor AS actor_2 ON actor_2.id = anon_1.reported_by_id

-- parameters: param_1, p0_after_value, p0_after_id
