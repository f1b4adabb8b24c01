-- $1 the words as a tsquery; $2 the trigrams of the same, $3 how many those are
SELECT 'Actor' AS type, actor_id AS id, max(score) AS score
FROM (
  SELECT actor_id, (count(*) / $3::float8 + count(*) / ($3::float8 + max(name_size) - count(*))) / 2 AS score
  FROM actor_trigram WHERE trigram = ANY ($2::text[])
  GROUP BY actor_id, name_number HAVING count(*) >= $3::float8 * 0.65
) names
GROUP BY actor_id
UNION ALL
SELECT entity_type, entity_id, ts_rank(vector, query, 33)::float8
FROM (SELECT CAST($1 AS tsquery) AS query) AS wanted, search_entry WHERE vector @@ query
ORDER BY score DESC, id DESC LIMIT 20
