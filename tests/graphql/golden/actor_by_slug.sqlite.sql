-- query($slug: String!) {
--   actor(slug: $slug) { id name kind activeFrom aliases { name language } }
-- }

SELECT coalesce((SELECT '{"id":"act_' || actor_1.id || '","name":' || json_quote(actor_1.name)
    || ',"kind":"' || actor_1.kind || '","activeFrom":' || json_quote(actor_1.active_from)
    || ',"aliases":' || (SELECT '[' || coalesce(group_concat('{"name":' || json_quote(anon_1.name)
          || ',"language":' || json_quote(anon_1.language) || '}', ','), '') || ']' AS anon_2
      FROM (SELECT actor_alias_1.language AS language, actor_alias_1.name AS name, actor_alias_1.position AS place
        FROM actor_alias AS actor_alias_1
        WHERE actor_alias_1.actor_id = actor_1.id
        ORDER BY place
        LIMIT -1 OFFSET ?) AS anon_1) || '}' AS anon_3
    FROM actor AS actor_1
    WHERE actor_1.id = coalesce((SELECT actor_2.id
        FROM actor AS actor_2
        WHERE actor_2.slug = ?), (SELECT actor_redirect_1.actor_id
        FROM actor_redirect AS actor_redirect_1
        WHERE actor_redirect_1.former_slug = ?))), 'null') AS root0

-- parameters: param_1, p0_slug, p0_slug
