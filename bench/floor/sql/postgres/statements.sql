-- $1, $2 the date and the key of the statement to go on after
SELECT '{"data":{"statements":{"edges":[' || coalesce(string_agg(
  '{"node":{"id":"stm_' || said.id || '","kind":"' || said.kind
  || '","statedOn":' || coalesce('"' || stated_on || '"', 'null')
  || ',"createdAt":"' || to_char(said.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
  || '","quote":{"exact":' || to_json(exact)::text || ',"prefix":' || to_json(prefix)::text
  || ',"suffix":' || to_json(suffix)::text
  || '},"speaker":{"id":"act_' || speaker_id || '","name":' || to_json(speaker.name)::text
  || '},"document":{"id":"doc_' || document_id || '","title":' || to_json(title)::text
  || '},"stances":{"edges":[' || coalesce(stances.written, '') || ']}}}', ','
  ORDER BY stated_on_sort DESC, said.id DESC), '') || ']}}}'
FROM (
  SELECT id, kind, stated_on, stated_on_sort, created_at, exact, prefix, suffix, speaker_id, document_id
  FROM statement WHERE (stated_on_sort, id) < ($1::text::date, $2) ORDER BY stated_on_sort DESC, id DESC LIMIT 100
) said
JOIN actor speaker ON speaker.id = speaker_id
JOIN document ON document.id = document_id
CROSS JOIN LATERAL (
  SELECT string_agg('{"node":{"id":"stn_' || read.id || '","label":"' || label
    || '","intensity":' || coalesce(intensity::text, 'null')
    || ',"confidence":' || coalesce(confidence::text, 'null')
    || ',"rationale":' || coalesce(to_json(rationale)::text, 'null')
    || ',"createdAt":"' || to_char(read.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    || '","version":' || read.version
    || ',"holder":{"id":"act_' || holder_id || '","name":' || to_json(holder.name)::text
    || '},"annotator":{"id":"ann_' || annotator_id || '","name":' || to_json(annotator.name)::text
    || '},"target":' || CASE WHEN target_actor_id IS NOT NULL
      THEN '{"__typename":"Actor","id":"act_' || target_actor_id || '","name":' || to_json(towards.name)::text
      ELSE '{"__typename":"Topic","id":"top_' || target_topic_id || '","name":' || to_json(topic.name)::text
    END || '}}}', ',' ORDER BY read.created_at, read.id) AS written
  FROM (
    SELECT id, label, intensity, confidence, rationale, created_at, version, holder_id, annotator_id,
      target_actor_id, target_topic_id
    FROM stance WHERE statement_id = said.id AND {sees} ORDER BY created_at, id LIMIT 10
  ) read
  JOIN actor holder ON holder.id = holder_id
  JOIN annotator ON annotator.id = annotator_id
  LEFT JOIN actor towards ON towards.id = target_actor_id
  LEFT JOIN topic ON topic.id = target_topic_id
) stances
