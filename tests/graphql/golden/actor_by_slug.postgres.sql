-- query($slug: String!) {
--   actor(slug: $slug) { id name kind activeFrom aliases { name language } }
-- }

SELECT coalesce((SELECT '{"id":"act_' || CAST(actor_1.id AS TEXT) || '","name":' || CAST(to_json(actor_1.name) AS TEXT)
    || ',"kind":"' || CAST(actor_1.kind AS TEXT) || '","activeFrom":' || coalesce('"' || CAST(actor_1.active_from AS TEXT) || '"', 'null')
    || ',"aliases":' || (SELECT '[' || coalesce(string_agg('{"name":' || CAST(to_json(anon_1.name) AS TEXT)
          || ',"language":' || coalesce(CAST(to_json(anon_1.language) AS TEXT), 'null') || '}', ','
          ORDER BY anon_1.place), '') || ']' AS anon_2
      FROM (SELECT actor_alias_1.language AS language, actor_alias_1.name AS name, actor_alias_1.position AS place
        FROM actor_alias AS actor_alias_1
        WHERE actor_alias_1.actor_id = actor_1.id) AS anon_1) || '}' AS anon_3
    FROM actor AS actor_1
    WHERE actor_1.id = coalesce((SELECT actor_2.id
        FROM actor AS actor_2
        WHERE actor_2.slug = $1::VARCHAR), (SELECT actor_redirect_1.actor_id
        FROM actor_redirect AS actor_redirect_1
        WHERE actor_redirect_1.former_slug = $1::VARCHAR))), 'null') AS root0

-- parameters: p0_slug
