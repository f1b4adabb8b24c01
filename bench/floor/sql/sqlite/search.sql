-- {ranked}: type, id and score of what was found, with its parameters
SELECT '{"data":{"search":{"edges":[' || coalesce(group_concat('{"score":' || printf('%!.17g', score)
  || ',"node":' || CASE type
    WHEN 'Actor' THEN '{"__typename":"Actor","id":"act_' || found.id || '","name":' || json_quote(actor.name)
    WHEN 'Document' THEN '{"__typename":"Document","id":"doc_' || found.id || '","title":' || json_quote(title)
    WHEN 'Statement' THEN '{"__typename":"Statement","id":"stm_' || found.id
      || '","quote":{"exact":' || json_quote(exact) || '}'
    ELSE '{"__typename":"Topic","id":"top_' || found.id || '","name":' || json_quote(topic.name)
  END || '}}'), '') || ']}}}'
FROM (
{ranked}
) found
LEFT JOIN actor ON type = 'Actor' AND actor.id = found.id
LEFT JOIN document ON type = 'Document' AND document.id = found.id
LEFT JOIN statement ON type = 'Statement' AND statement.id = found.id
LEFT JOIN topic ON type = 'Topic' AND topic.id = found.id
