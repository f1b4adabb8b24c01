-- {
--   statements(first: 100) {
--     edges { node { id stances(first: 10) { edges { node { label holder { name } annotator { id } } } } } }
--   }
-- }

SELECT '{"edges":[' || coalesce(string_agg('{"node":{"id":"stm_' || CAST(anon_1.id AS TEXT) || '","stances":' || (SELECT '{"edges":[' || coalesce(string_agg('{"node":{"label":"' || CAST(anon_2.label AS TEXT) || '","holder":{"name":' || CAST(to_json(actor_1.name) AS TEXT) || '},"annotator":{"id":"ann_' || CAST(anon_2.annotator_id AS TEXT) || '"}}}', ','
          ORDER BY anon_2.order_value, anon_2.id), '') || ']}' AS anon_3
      FROM (SELECT stance_1.annotator_id AS annotator_id, stance_1.holder_id AS holder_id, stance_1.id AS id, stance_1.label AS label, stance_1.created_at AS order_value
        FROM stance AS stance_1
        WHERE (coalesce(stance_1.project_id <> ALL (ARRAY(SELECT project_1.id
                FROM project AS project_1
                WHERE project_1.blind AND (project_1.id NOT IN (SELECT project_member_1.project_id
                    FROM project_member AS project_member_1
                    WHERE project_member_1.annotator_id = (SELECT $1::UUID AS anon_4) AND project_member_1.role = 'CURATOR')) AND project_1.status = 'OPEN')), true) OR stance_1.annotator_id = (SELECT $1::UUID AS anon_5)) AND stance_1.statement_id = anon_1.id
        ORDER BY order_value, id
        LIMIT 10) AS anon_2
      JOIN actor AS actor_1 ON actor_1.id = anon_2.holder_id) || '}}', ','
    ORDER BY anon_1.order_value DESC, anon_1.id DESC), '') || ']}' AS anon_6
FROM (SELECT statement_1.id AS id, statement_1.stated_on_sort AS order_value
  FROM statement AS statement_1
  WHERE true
  ORDER BY order_value DESC, id DESC
  LIMIT 100) AS anon_1

-- parameters: viewer
