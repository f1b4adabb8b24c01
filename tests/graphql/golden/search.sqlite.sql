-- query($text: String!) {
--   search(text: $text, first: 5) { edges { score node { __typename ... on Actor { name } ... on Statement { id } } } }
-- }

SELECT '{"edges":[' || coalesce(group_concat('{"score":' || CASE WHEN (anon_1.score IS NOT NULL) THEN printf(?, anon_1.score) END
    || ',"node":' || CASE WHEN (anon_1.actor_key IS NOT NULL) THEN '{"__typename":"Actor","name":' || json_quote(actor_1.name) || '}' WHEN (anon_1.document_key IS NOT NULL) THEN '{"__typename":"Document"}' WHEN (anon_1.statement_key IS NOT NULL) THEN '{"__typename":"Statement","id":"stm_' || anon_1.statement_key || '"}' ELSE '{"__typename":"Topic"}' END || '}', ','), '') || ']}' AS anon_2
FROM (SELECT anon_3.actor_key AS actor_key, anon_3.document_key AS document_key, anon_3.id AS id, anon_3.score AS score, anon_3.statement_key AS statement_key, anon_3.topic_key AS topic_key, anon_3.score AS order_value
  FROM (SELECT anon_4.entity_id AS id, anon_4.score AS score, CASE WHEN (anon_4.type = 'Actor') THEN anon_4.entity_id END AS actor_key, CASE WHEN (anon_4.type = 'Document') THEN anon_4.entity_id END AS document_key, CASE WHEN (anon_4.type = 'Statement') THEN anon_4.entity_id END AS statement_key, CASE WHEN (anon_4.type = 'Topic') THEN anon_4.entity_id END AS topic_key
    FROM (SELECT 'Actor' AS type, anon_5.entity_id AS entity_id, anon_5.score AS score
      FROM (SELECT anon_6.actor_id AS entity_id, max(anon_6.score) AS score
        FROM (SELECT actor_trigram_1.actor_id AS actor_id, ((count(*) * ?) / (? + 0.0) + (count(*) * ?) / (((? + max(actor_trigram_1.name_size)) - count(*)) + 0.0)) / (? + 0.0) AS score
          FROM actor_trigram AS actor_trigram_1
          WHERE actor_trigram_1.trigram IN (SELECT anon_7.value
            FROM (SELECT anon_8.value AS value, anon_8."key" AS place
              FROM json_each(?) AS anon_8) AS anon_7)
          GROUP BY actor_trigram_1.actor_id, actor_trigram_1.name_number
          HAVING count(*) * ? >= ? * ?) AS anon_6
        GROUP BY anon_6.actor_id) AS anon_5
      UNION ALL SELECT anon_9.entity_type AS type, anon_9.entity_id AS entity_id, anon_9.score AS score
      FROM (SELECT search_entry_1.entity_type AS entity_type, search_entry_1.entity_id AS entity_id, (bm25(search_entry_words) * ?) / ((? + bm25(search_entry_words) * ?) + 0.0) AS score
        FROM search_entry_words
        JOIN search_entry AS search_entry_1 ON search_entry_1."key" = search_entry_words.rowid
        WHERE search_entry_words MATCH ?) AS anon_9) AS anon_4) AS anon_3
  ORDER BY order_value DESC, id DESC
  LIMIT 5 OFFSET ?) AS anon_1
LEFT OUTER JOIN actor AS actor_1 ON actor_1.id = anon_1.actor_key

-- parameters: printf_1, count_1, p0_text_size, count_1, p0_text_size, param_1, p0_text_trigrams, count_1, p0_text_size, param_2, bm25_1, param_3, bm25_1, p0_text_words, param_4
