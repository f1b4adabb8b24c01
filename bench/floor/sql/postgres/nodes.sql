-- keys and places of each type: actors $1, $2, statements $3, $4, documents $5, $6, topics $7, $8, stances $9, $10
SELECT '{"data":{"nodes":[' || string_agg(coalesce(written, 'null'), ',' ORDER BY place) || ']}}'
FROM (
  SELECT place, '{"__typename":"Actor","id":"act_' || actor.id || '","slug":"' || slug || '","name":'
    || to_json(name)::text || ',"countryCode":' || coalesce('"' || country_code || '"', 'null') || '}' AS written
  FROM unnest($1::uuid[], $2::int[]) AS asked (id, place) LEFT JOIN actor ON actor.id = asked.id
  UNION ALL
  SELECT place, '{"__typename":"Statement","id":"stm_' || statement.id || '","statedOn":'
    || coalesce('"' || stated_on || '"', 'null') || ',"quote":{"exact":' || to_json(exact)::text || '}}'
  FROM unnest($3::uuid[], $4::int[]) AS asked (id, place) LEFT JOIN statement ON statement.id = asked.id
  UNION ALL
  SELECT place, '{"__typename":"Document","id":"doc_' || document.id || '","title":' || to_json(title)::text
    || ',"publishedOn":' || coalesce('"' || published_on || '"', 'null') || ',"language":"' || language || '"}'
  FROM unnest($5::uuid[], $6::int[]) AS asked (id, place) LEFT JOIN document ON document.id = asked.id
  UNION ALL
  SELECT place, '{"__typename":"Topic","id":"top_' || topic.id || '","slug":"' || slug || '","name":'
    || to_json(name)::text || '}'
  FROM unnest($7::uuid[], $8::int[]) AS asked (id, place) LEFT JOIN topic ON topic.id = asked.id
  UNION ALL
  SELECT place, '{"__typename":"Stance","id":"stn_' || stance.id || '","label":"' || label || '","confidence":'
    || coalesce(confidence::text, 'null') || '}'
  FROM unnest($9::uuid[], $10::int[]) AS asked (id, place) LEFT JOIN stance ON stance.id = asked.id AND {sees}
) node
