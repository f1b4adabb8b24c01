-- {
--   statements(first: 100) {
--     edges { node { id stances(first: 10) { edges { node { label holder { name } annotator { id } } } } } }
--   }
-- }

SELECT '{"edges":[' || coalesce(group_concat('{"node":{"id":"stm_' || anon_1.id || '","stances":' || (SELECT '{"edges":[' || coalesce(group_concat('{"node":{"label":"' || anon_2.label || '","holder":{"name":' || json_quote(actor_1.name) || '},"annotator":{"id":"ann_' || anon_2.annotator_id || '"}}}', ','), '') || ']}' AS anon_3
      FROM (SELECT stance_1.annotator_id AS annotator_id, stance_1.holder_id AS holder_id, stance_1.id AS id, stance_1.label AS label, stance_1.created_at AS order_value
        FROM stance AS stance_1
        WHERE ((stance_1.project_id NOT IN (SELECT project_1.id
              FROM project AS project_1
              WHERE project_1.blind = 1 AND (project_1.id NOT IN (SELECT project_member_1.project_id
                  FROM project_member AS project_member_1
                  WHERE project_member_1.annotator_id = (SELECT ? AS anon_4) AND project_member_1.role = 'CURATOR')) AND project_1.status = 'OPEN')) OR stance_1.annotator_id = (SELECT ? AS anon_5)) AND stance_1.statement_id = anon_1.id
        ORDER BY order_value, id
        LIMIT 10 OFFSET ?) AS anon_2
      LEFT OUTER JOIN actor AS actor_1 ON actor_1.id = anon_2.holder_id) || '}}', ','), '') || ']}' AS anon_6
FROM (SELECT statement_1.id AS id, statement_1.stated_on_sort AS order_value
  FROM statement AS statement_1
  WHERE 1 = 1
  ORDER BY order_value DESC, id DESC
  LIMIT 100 OFFSET ?) AS anon_1

-- parameters: viewer, viewer, param_1, param_2
