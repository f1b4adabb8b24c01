-- {after}: what narrows the page to the rows after a cursor
WITH one_more AS MATERIALIZED (
  SELECT id, kind, stated_on, stated_on_sort, exact, speaker_id, document_id FROM statement
  WHERE {after} ORDER BY stated_on_sort DESC, id DESC LIMIT 21
)
SELECT '{"data":{"statements":{"edges":[' || coalesce((
  SELECT group_concat('{"cursor":"STATED_ON.' || stated_on_sort || '.' || said.id || '","node":{"id":"stm_' || said.id
    || '","kind":"' || said.kind || '","statedOn":' || json_quote(stated_on)
    || ',"quote":{"exact":' || json_quote(exact)
    || '},"speaker":{"id":"act_' || speaker_id || '","name":' || json_quote(speaker.name)
    || '},"document":{"id":"doc_' || document_id || '","title":' || json_quote(title) || '}}}')
  FROM (SELECT * FROM one_more LIMIT 20) said
  CROSS JOIN actor speaker ON speaker.id = speaker_id
  CROSS JOIN document ON document.id = document_id
), '') || '],"pageInfo":{"hasNextPage":' || iif((SELECT count(*) FROM one_more) > 20, 'true', 'false')
  || ',"endCursor":' || coalesce((
  SELECT '"STATED_ON.' || stated_on_sort || '.' || id || '"'
  FROM (SELECT * FROM one_more LIMIT 20) ORDER BY stated_on_sort, id LIMIT 1
), 'null') || '}}}}'
