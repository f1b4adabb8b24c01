-- query($holder: [ID!]) {
--   stances(last: 5, filter: {holder: $holder, label: [SUPPORT, OPPOSE]}, orderBy: {field: STATED_ON, direction: DESC}) {
--     totalCount
--     edges { node { label confidence target { ... on Actor { name } ... on Topic { slug } } } }
--   }
-- }

SELECT '{"totalCount":' || CAST((SELECT count(*) AS count_1
    FROM stance AS stance_1
    WHERE ((stance_1.project_id NOT IN (SELECT project_1.id
          FROM project AS project_1
          WHERE project_1.blind = 1 AND (project_1.id NOT IN (SELECT project_member_1.project_id
              FROM project_member AS project_member_1
              WHERE project_member_1.annotator_id = (SELECT ? AS anon_1) AND project_member_1.role = 'CURATOR')) AND project_1.status = 'OPEN')) OR stance_1.annotator_id = (SELECT ? AS anon_2)) AND stance_1.label IN (SELECT anon_3.value
      FROM (SELECT anon_4.value AS value, anon_4."key" AS place
        FROM json_each(?) AS anon_4) AS anon_3) AND stance_1.holder_id = coalesce((SELECT actor_redirect_1.actor_id
        FROM actor_redirect AS actor_redirect_1
        WHERE actor_redirect_1.former_id = ?), ?)) AS TEXT)
|| ',"edges":[' || coalesce(group_concat('{"node":{"label":"' || anon_5.label || '","confidence":' || coalesce(CASE WHEN (anon_5.confidence IS NOT NULL) THEN printf(?, anon_5.confidence) END, 'null')
    || ',"target":' || CASE WHEN (anon_5.target_actor_id IS NOT NULL) THEN '{"name":' || json_quote(actor_1.name) || '}' ELSE '{"slug":' || json_quote(topic_1.slug) || '}' END || '}}', ',') FILTER (WHERE anon_5.nth <= 5), '') || ']}' AS anon_6
FROM (SELECT anon_7.confidence AS confidence, anon_7.id AS id, anon_7.label AS label, anon_7.target_actor_id AS target_actor_id, anon_7.target_topic_id AS target_topic_id, anon_7.order_value AS order_value, row_number() OVER () AS nth, count(*) OVER () AS found
  FROM (SELECT stance_2.confidence AS confidence, stance_2.id AS id, stance_2.label AS label, stance_2.target_actor_id AS target_actor_id, stance_2.target_topic_id AS target_topic_id, stance_2.stated_on_sort AS order_value
    FROM stance AS stance_2
    WHERE ((stance_2.project_id NOT IN (SELECT project_2.id
          FROM project AS project_2
          WHERE project_2.blind = 1 AND (project_2.id NOT IN (SELECT project_member_2.project_id
              FROM project_member AS project_member_2
              WHERE project_member_2.annotator_id = (SELECT ? AS anon_8) AND project_member_2.role = 'CURATOR')) AND project_2.status = 'OPEN')) OR stance_2.annotator_id = (SELECT ? AS anon_9)) AND stance_2.label IN (SELECT anon_10.value
      FROM (SELECT anon_11.value AS value, anon_11."key" AS place
        FROM json_each(?) AS anon_11) AS anon_10) AND stance_2.holder_id = coalesce((SELECT actor_redirect_1.actor_id
        FROM actor_redirect AS actor_redirect_1
        WHERE actor_redirect_1.former_id = ?), ?)
    ORDER BY order_value, id
    LIMIT 6 OFFSET ?) AS anon_7
  ORDER BY anon_7.order_value DESC, anon_7.id DESC
  LIMIT -1 OFFSET ?) AS anon_5
LEFT OUTER JOIN actor AS actor_1 ON actor_1.id = anon_5.target_actor_id
LEFT OUTER JOIN topic AS topic_1 ON topic_1.id = anon_5.target_topic_id

-- parameters: viewer, viewer, p0_filter_label_all, p0_filter_holder_Actor_one, p0_filter_holder_Actor_one, printf_1, viewer, viewer, p0_filter_label_all, p0_filter_holder_Actor_one, p0_filter_holder_Actor_one, param_1, param_2
