-- ?1, ?2 the date and the key of the statement to go on after
SELECT '{"data":{"statements":{"edges":[' || coalesce(group_concat(
  '{"node":{"id":"stm_' || said.id || '","kind":"' || said.kind || '","statedOn":' || json_quote(stated_on)
  || ',"createdAt":"' || said.created_at || '","quote":{"exact":' || json_quote(exact)
  || ',"prefix":' || json_quote(prefix) || ',"suffix":' || json_quote(suffix)
  || '},"speaker":{"id":"act_' || speaker_id || '","name":' || json_quote(speaker.name)
  || '},"document":{"id":"doc_' || document_id || '","title":' || json_quote(title)
  || '},"stances":{"edges":[' || coalesce((
    SELECT group_concat('{"node":{"id":"stn_' || read.id || '","label":"' || label
      || '","intensity":' || json_quote(intensity) || ',"confidence":' || json_quote(confidence)
      || ',"rationale":' || json_quote(rationale)
      || ',"createdAt":"' || read.created_at || '","version":' || read.version
      || ',"holder":{"id":"act_' || holder_id || '","name":' || json_quote(holder.name)
      || '},"annotator":{"id":"ann_' || annotator_id || '","name":' || json_quote(annotator.name)
      || '},"target":' || CASE WHEN target_actor_id IS NOT NULL
        THEN '{"__typename":"Actor","id":"act_' || target_actor_id || '","name":' || json_quote(towards.name)
        ELSE '{"__typename":"Topic","id":"top_' || target_topic_id || '","name":' || json_quote(topic.name)
      END || '}}}')
    FROM (
      SELECT id, label, intensity, confidence, rationale, created_at, version, holder_id, annotator_id,
        target_actor_id, target_topic_id
      FROM stance WHERE statement_id = said.id AND {sees} ORDER BY created_at, id LIMIT 10
    ) read
    CROSS JOIN actor holder ON holder.id = holder_id
    CROSS JOIN annotator ON annotator.id = annotator_id
    LEFT JOIN actor towards ON towards.id = target_actor_id
    LEFT JOIN topic ON topic.id = target_topic_id
  ), '') || ']}}}'), '') || ']}}}'
FROM (
  SELECT id, kind, stated_on, created_at, exact, prefix, suffix, speaker_id, document_id
  FROM statement WHERE (stated_on_sort, id) < (?1, ?2) ORDER BY stated_on_sort DESC, id DESC LIMIT 100
) said
CROSS JOIN actor speaker ON speaker.id = speaker_id
CROSS JOIN document ON document.id = document_id
