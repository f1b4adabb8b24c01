-- {after}: what narrows the page to the rows after a cursor
SELECT '{"data":{"statements":{"edges":[' || coalesce(string_agg('{"cursor":"STATED_ON.' || stated_on_sort || '.'
    || said.id || '","node":{"id":"stm_' || said.id || '","kind":"' || said.kind
    || '","statedOn":' || coalesce('"' || stated_on || '"', 'null')
    || ',"quote":{"exact":' || to_json(exact)::text
    || '},"speaker":{"id":"act_' || speaker_id || '","name":' || to_json(speaker.name)::text
    || '},"document":{"id":"doc_' || document_id || '","title":' || to_json(title)::text || '}}}', ','
    ORDER BY stated_on_sort DESC, said.id DESC) FILTER (WHERE number <= 20), '')
  || '],"pageInfo":{"hasNextPage":' || CASE WHEN count(*) > 20 THEN 'true' ELSE 'false' END
  || ',"endCursor":' || coalesce('"STATED_ON.' || max(stated_on_sort || '.' || said.id)
    FILTER (WHERE number = 20 OR number = found AND found < 20) || '"', 'null') || '}}}}'
FROM (
  SELECT *, row_number() OVER (ORDER BY stated_on_sort DESC, id DESC) AS number, count(*) OVER () AS found
  FROM (
    SELECT id, kind, stated_on, stated_on_sort, exact, speaker_id, document_id FROM statement
    WHERE {after} ORDER BY stated_on_sort DESC, id DESC LIMIT 21
  ) one_more
) said
JOIN actor speaker ON speaker.id = speaker_id
JOIN document ON document.id = document_id
