-- query($slug: String!, $day: Date) {
--   actor(slug: $slug) { alliances(asOf: $day, first: 3) { edges { node { name } relation { form validFrom } } } }
-- }

SELECT coalesce((SELECT '{"alliances":' || (SELECT '{"edges":[' || coalesce(string_agg('{"node":{"name":' || CAST(to_json(actor_1.name) AS TEXT) || '},"relation":{"form":"' || CAST(anon_3.form AS TEXT) || '","validFrom":' || coalesce('"' || CAST(anon_3.valid_from AS TEXT) || '"', 'null') || '}}', ','
          ORDER BY anon_3.order_value DESC, anon_3.id DESC), '') || ']}' AS anon_2
      FROM (SELECT anon_4.form AS form, anon_4.id AS id, anon_4.other_id AS other_id, anon_4.valid_from AS valid_from, anon_4.valid_from_sort AS order_value
        FROM (SELECT relation_1.source_id AS source_id, relation_1.target_id AS target_id, relation_1.kind AS kind, relation_1.form AS form, relation_1.status AS status, relation_1.directed AS directed, relation_1.valid_from AS valid_from, relation_1.valid_to AS valid_to, relation_1.valid_from_sort AS valid_from_sort, relation_1.summary AS summary, relation_1.id AS id, relation_1.updated_at AS updated_at, relation_1.version AS version, relation_1.created_at AS created_at, relation_1.target_id AS other_id
          FROM relation AS relation_1
          WHERE relation_1.source_id = actor_2.id AND relation_1.kind = $1
          UNION ALL SELECT relation_2.source_id AS source_id, relation_2.target_id AS target_id, relation_2.kind AS kind, relation_2.form AS form, relation_2.status AS status, relation_2.directed AS directed, relation_2.valid_from AS valid_from, relation_2.valid_to AS valid_to, relation_2.valid_from_sort AS valid_from_sort, relation_2.summary AS summary, relation_2.id AS id, relation_2.updated_at AS updated_at, relation_2.version AS version, relation_2.created_at AS created_at, relation_2.source_id AS other_id
          FROM relation AS relation_2
          WHERE relation_2.target_id = actor_2.id AND relation_2.kind = $2) AS anon_4
        WHERE (anon_4.valid_from IS NULL OR anon_4.valid_from <= $3::DATE) AND (anon_4.valid_to IS NULL OR anon_4.valid_to >= $3::DATE)
        ORDER BY anon_4.valid_from_sort DESC, anon_4.id DESC
        LIMIT $4::INTEGER) AS anon_3
      LEFT OUTER JOIN actor AS actor_1 ON actor_1.id = anon_3.other_id) || '}' AS anon_1
    FROM actor AS actor_2
    WHERE actor_2.id = coalesce((SELECT actor_3.id
        FROM actor AS actor_3
        WHERE actor_3.slug = $5::VARCHAR), (SELECT actor_redirect_1.actor_id
        FROM actor_redirect AS actor_redirect_1
        WHERE actor_redirect_1.former_slug = $5::VARCHAR))), 'null') AS root0

-- parameters: kind_1, kind_2, p1_asOf, p1_size, p0_slug
