-- query($holder: [ID!]) {
--   stances(last: 5, filter: {holder: $holder, label: [SUPPORT, OPPOSE]}, orderBy: {field: STATED_ON, direction: DESC}) {
--     totalCount
--     edges { node { label confidence target { ... on Actor { name } ... on Topic { slug } } } }
--   }
-- }

SELECT '{"totalCount":' || CAST((SELECT count(*) AS count_1
    FROM stance AS stance_1
    WHERE (coalesce(stance_1.project_id <> ALL (ARRAY(SELECT project_1.id
            FROM project AS project_1
            WHERE project_1.blind AND (project_1.id NOT IN (SELECT project_member_1.project_id
                FROM project_member AS project_member_1
                WHERE project_member_1.annotator_id = (SELECT $1::UUID AS anon_1) AND project_member_1.role = 'CURATOR')) AND project_1.status = 'OPEN')), true) OR stance_1.annotator_id = (SELECT $1::UUID AS anon_2)) AND stance_1.label = any($2::TEXT[]) AND stance_1.holder_id = coalesce((SELECT actor_redirect_1.actor_id
        FROM actor_redirect AS actor_redirect_1
        WHERE actor_redirect_1.former_id = $3::UUID), $3::UUID)) AS TEXT)
|| ',"edges":[' || coalesce(string_agg('{"node":{"label":"' || CAST(anon_3.label AS TEXT) || '","confidence":' || coalesce(CAST(anon_3.confidence AS TEXT), 'null')
    || ',"target":' || CASE WHEN (anon_3.target_actor_id IS NOT NULL) THEN '{"name":' || CAST(to_json(actor_1.name) AS TEXT) || '}' ELSE '{"slug":' || CAST(to_json(topic_1.slug) AS TEXT) || '}' END || '}}', ','
    ORDER BY anon_3.order_value DESC, anon_3.id DESC) FILTER (WHERE anon_3.nth <= 5), '') || ']}' AS anon_4
FROM (SELECT anon_5.confidence AS confidence, anon_5.id AS id, anon_5.label AS label, anon_5.target_actor_id AS target_actor_id, anon_5.target_topic_id AS target_topic_id, anon_5.order_value AS order_value, row_number() OVER () AS nth, count(*) OVER () AS found
  FROM (SELECT stance_2.confidence AS confidence, stance_2.id AS id, stance_2.label AS label, stance_2.target_actor_id AS target_actor_id, stance_2.target_topic_id AS target_topic_id, stance_2.stated_on_sort AS order_value
    FROM stance AS stance_2
    WHERE (coalesce(stance_2.project_id <> ALL (ARRAY(SELECT project_2.id
            FROM project AS project_2
            WHERE project_2.blind AND (project_2.id NOT IN (SELECT project_member_2.project_id
                FROM project_member AS project_member_2
                WHERE project_member_2.annotator_id = (SELECT $1::UUID AS anon_6) AND project_member_2.role = 'CURATOR')) AND project_2.status = 'OPEN')), true) OR stance_2.annotator_id = (SELECT $1::UUID AS anon_7)) AND stance_2.label = any($2::TEXT[]) AND stance_2.holder_id = coalesce((SELECT actor_redirect_1.actor_id
        FROM actor_redirect AS actor_redirect_1
        WHERE actor_redirect_1.former_id = $3::UUID), $3::UUID)
    ORDER BY order_value, id
    LIMIT 6) AS anon_5) AS anon_3
LEFT OUTER JOIN actor AS actor_1 ON actor_1.id = anon_3.target_actor_id
LEFT OUTER JOIN topic AS topic_1 ON topic_1.id = anon_3.target_topic_id

-- parameters: viewer, p0_filter_label_all, p0_filter_holder_Actor_one
