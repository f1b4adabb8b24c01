-- {ranked}: type, id and score of what was found, with its parameters
SELECT '{"data":{"search":{"edges":[' || coalesce(string_agg('{"score":' || score || ',"node":' || CASE type
    WHEN 'Actor' THEN '{"__typename":"Actor","id":"act_' || found.id || '","name":' || to_json(actor.name)::text
    WHEN 'Document' THEN '{"__typename":"Document","id":"doc_' || found.id || '","title":' || to_json(title)::text
    WHEN 'Statement' THEN '{"__typename":"Statement","id":"stm_' || found.id
      || '","quote":{"exact":' || to_json(exact)::text || '}'
    ELSE '{"__typename":"Topic","id":"top_' || found.id || '","name":' || to_json(topic.name)::text
  END || '}}', ',' ORDER BY score DESC, found.id DESC), '') || ']}}}'
FROM (
{ranked}
) found
LEFT JOIN actor ON type = 'Actor' AND actor.id = found.id
LEFT JOIN document ON type = 'Document' AND document.id = found.id
LEFT JOIN statement ON type = 'Statement' AND statement.id = found.id
LEFT JOIN topic ON type = 'Topic' AND topic.id = found.id
