-- query($text: String!) {
--   search(text: $text, first: 5) { edges { score node { __typename ... on Actor { name } ... on Statement { id } } } }
-- }

SELECT '{"edges":[' || coalesce(string_agg('{"score":' || CAST(anon_1.score AS TEXT)
    || ',"node":' || CASE WHEN (anon_1.actor_key IS NOT NULL) THEN '{"__typename":"Actor","name":' || CAST(to_json(actor_1.name) AS TEXT) || '}' WHEN (anon_1.document_key IS NOT NULL) THEN '{"__typename":"Document"}' WHEN (anon_1.statement_key IS NOT NULL) THEN '{"__typename":"Statement","id":"stm_' || CAST(anon_1.statement_key AS TEXT) || '"}' ELSE '{"__typename":"Topic"}' END || '}', ','
    ORDER BY anon_1.order_value DESC, anon_1.id DESC), '') || ']}' AS anon_2
FROM (SELECT anon_3.actor_key AS actor_key, anon_3.document_key AS document_key, anon_3.id AS id, anon_3.score AS score, anon_3.statement_key AS statement_key, anon_3.topic_key AS topic_key, anon_3.score AS order_value
  FROM (SELECT anon_4.entity_id AS id, anon_4.score AS score, CASE WHEN (anon_4.type = 'Actor') THEN anon_4.entity_id END AS actor_key, CASE WHEN (anon_4.type = 'Document') THEN anon_4.entity_id END AS document_key, CASE WHEN (anon_4.type = 'Statement') THEN anon_4.entity_id END AS statement_key, CASE WHEN (anon_4.type = 'Topic') THEN anon_4.entity_id END AS topic_key
    FROM (SELECT 'Actor' AS type, anon_5.entity_id AS entity_id, anon_5.score AS score
      FROM (SELECT anon_6.actor_id AS entity_id, max(anon_6.score) AS score
        FROM (SELECT actor_trigram_1.actor_id AS actor_id, ((count(*) * $1::FLOAT) / CAST($2::INTEGER AS NUMERIC) + (count(*) * $1::FLOAT) / CAST((($2::INTEGER + max(actor_trigram_1.name_size)) - count(*)) AS NUMERIC)) / CAST($3::INTEGER AS NUMERIC) AS score
          FROM actor_trigram AS actor_trigram_1
          WHERE actor_trigram_1.trigram = any($4::TEXT[])
          GROUP BY actor_trigram_1.actor_id, actor_trigram_1.name_number
          HAVING count(*) * $1::FLOAT >= $2::INTEGER * $5::FLOAT) AS anon_6
        GROUP BY anon_6.actor_id) AS anon_5
      UNION ALL SELECT anon_7.entity_type AS type, anon_7.entity_id AS entity_id, anon_7.score AS score
      FROM (SELECT search_entry_1.entity_type AS entity_type, search_entry_1.entity_id AS entity_id, CAST(ts_rank(search_entry_1.vector, CAST($6::VARCHAR AS TSQUERY), 33) AS FLOAT(53)) AS score
        FROM search_entry AS search_entry_1
        WHERE search_entry_1.vector @@ CAST($6::VARCHAR AS TSQUERY)) AS anon_7) AS anon_4) AS anon_3
  ORDER BY order_value DESC, id DESC
  LIMIT 5) AS anon_1
LEFT OUTER JOIN actor AS actor_1 ON actor_1.id = anon_1.actor_key

-- parameters: count_1, p0_text_size, param_1, p0_text_trigrams, param_2, p0_text_words
