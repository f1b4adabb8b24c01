-- ?1 the words as FTS5 takes them; ?2 the trigrams of the same as a JSON list, ?3 how many those are
SELECT 'Actor' AS type, actor_id AS id, max(score) AS score
FROM (
  SELECT actor_id, (count(*) * 1.0 / ?3 + count(*) * 1.0 / (?3 + max(name_size) - count(*))) / 2 AS score
  FROM actor_trigram WHERE trigram IN (SELECT value FROM json_each(?2))
  GROUP BY actor_id, name_number HAVING count(*) >= ?3 * 0.65
)
GROUP BY actor_id
UNION ALL
SELECT entity_type, entity_id, -rank / (1.0 - rank)
FROM (
  SELECT entity_type, entity_id, bm25(search_entry_words) AS rank
  FROM search_entry_words JOIN search_entry ON key = search_entry_words.rowid
  WHERE search_entry_words MATCH ?1
)
ORDER BY score DESC, id DESC LIMIT 20
