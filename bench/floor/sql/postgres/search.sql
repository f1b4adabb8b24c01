-- $1 the words as a tsquery; $2 the trigrams of the same, $3 how many those are
SELECT '{"data":{"search":{"edges":[' || coalesce(string_agg('{"score":' || score || ',"node":' || CASE type
    WHEN 'Actor' THEN '{"__typename":"Actor","id":"act_' || found.id || '","name":' || to_json(actor.name)::text
    WHEN 'Document' THEN '{"__typename":"Document","id":"doc_' || found.id || '","title":' || to_json(title)::text
    WHEN 'Statement' THEN '{"__typename":"Statement","id":"stm_' || found.id
      || '","quote":{"exact":' || to_json(exact)::text || '}'
    ELSE '{"__typename":"Topic","id":"top_' || found.id || '","name":' || to_json(topic.name)::text
  END || '}}', ',' ORDER BY score DESC, found.id DESC), '') || ']}}}'
FROM (
  SELECT 'Actor' AS type, actor_id AS id, max(score) AS score
  FROM (
    SELECT actor_id, (count(*) / $3::float8 + count(*) / ($3::float8 + max(name_size) - count(*))) / 2 AS score
    FROM actor_trigram WHERE trigram = ANY ($2::text[])
    GROUP BY actor_id, name_number HAVING count(*) >= $3::float8 * 0.65
  ) names
  GROUP BY actor_id
  UNION ALL
  SELECT entity_type, entity_id, ts_rank(vector, query, 33)::float8
  FROM to_tsquery('simple', $1) AS query, search_entry WHERE vector @@ query
  ORDER BY score DESC, id DESC LIMIT 20
) found
LEFT JOIN actor ON type = 'Actor' AND actor.id = found.id
LEFT JOIN document ON type = 'Document' AND document.id = found.id
LEFT JOIN statement ON type = 'Statement' AND statement.id = found.id
LEFT JOIN topic ON type = 'Topic' AND topic.id = found.id
