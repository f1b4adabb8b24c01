-- query($slug: String!, $day: Date) {
--   actor(slug: $slug) { alliances(asOf: $day, first: 3) { edges { node { name } relation { form validFrom } } } }
-- }

SELECT coalesce((SELECT '{"alliances":' || (SELECT '{"edges":[' || coalesce(group_concat('{"node":{"name":' || json_quote(actor_1.name) || '},"relation":{"form":"' || anon_1.form || '","validFrom":' || json_quote(anon_1.valid_from) || '}}', ','), '') || ']}' AS anon_2
      FROM (SELECT anon_3.form AS form, anon_3.id AS id, anon_3.other_id AS other_id, anon_3.valid_from AS valid_from, anon_3.order_value AS order_value
        FROM (SELECT relation_1.form AS form, relation_1.id AS id, CASE relation_1.source_id WHEN actor_2.id THEN relation_1.target_id ELSE relation_1.source_id END AS other_id, relation_1.valid_from AS valid_from, relation_1.valid_from_sort AS order_value
          FROM relation AS relation_1
          WHERE relation_1.source_id = actor_2.id AND relation_1.kind = ? AND relation_1.valid_from_sort <= ? AND (relation_1.valid_to IS NULL OR relation_1.valid_to >= ?)
          ORDER BY order_value DESC, id DESC
          LIMIT 3 OFFSET ?) AS anon_3
        UNION ALL SELECT anon_4.form AS form, anon_4.id AS id, anon_4.other_id AS other_id, anon_4.valid_from AS valid_from, anon_4.order_value AS order_value
        FROM (SELECT relation_1.form AS form, relation_1.id AS id, CASE relation_1.source_id WHEN actor_2.id THEN relation_1.target_id ELSE relation_1.source_id END AS other_id, relation_1.valid_from AS valid_from, relation_1.valid_from_sort AS order_value
          FROM relation AS relation_1
          WHERE relation_1.target_id = actor_2.id AND relation_1.kind = ? AND relation_1.valid_from_sort <= ? AND (relation_1.valid_to IS NULL OR relation_1.valid_to >= ?)
          ORDER BY order_value DESC, id DESC
          LIMIT 3 OFFSET ?) AS anon_4
        ORDER BY order_value DESC, id DESC
        LIMIT 3 OFFSET ?) AS anon_1
      LEFT OUTER JOIN actor AS actor_1 ON actor_1.id = anon_1.other_id) || '}' AS anon_5
    FROM actor AS actor_2
    WHERE actor_2.id = coalesce((SELECT actor_3.id
        FROM actor AS actor_3
        WHERE actor_3.slug = ?), (SELECT actor_redirect_1.actor_id
        FROM actor_redirect AS actor_redirect_1
        WHERE actor_redirect_1.former_slug = ?))), 'null') AS root0

-- parameters: kind_1, p1_asOf, p1_asOf, param_1, kind_1, p1_asOf, p1_asOf, param_2, param_3, p0_slug, p0_slug
