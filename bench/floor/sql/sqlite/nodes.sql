-- ?1 a JSON list of global ids
SELECT '{"data":{"nodes":[' || group_concat(coalesce(node, 'null')) || ']}}'
FROM (
  SELECT CASE substr(value, 1, 3)
    WHEN 'act' THEN (
      SELECT '{"__typename":"Actor","id":"' || value || '","slug":"' || slug || '","name":' || json_quote(name)
        || ',"countryCode":' || json_quote(country_code) || '}'
      FROM actor WHERE id = substr(value, 5))
    WHEN 'stm' THEN (
      SELECT '{"__typename":"Statement","id":"' || value || '","statedOn":' || json_quote(stated_on)
        || ',"quote":{"exact":' || json_quote(exact) || '}}'
      FROM statement WHERE id = substr(value, 5))
    WHEN 'doc' THEN (
      SELECT '{"__typename":"Document","id":"' || value || '","title":' || json_quote(title)
        || ',"publishedOn":' || json_quote(published_on) || ',"language":"' || language || '"}'
      FROM document WHERE id = substr(value, 5))
    WHEN 'top' THEN (
      SELECT '{"__typename":"Topic","id":"' || value || '","slug":"' || slug || '","name":' || json_quote(name) || '}'
      FROM topic WHERE id = substr(value, 5))
    WHEN 'stn' THEN (
      SELECT '{"__typename":"Stance","id":"' || value || '","label":"' || label
        || '","confidence":' || json_quote(confidence) || '}'
      FROM stance WHERE id = substr(value, 5) AND {sees})
  END AS node
  FROM json_each(?1) ORDER BY key LIMIT -1
)
