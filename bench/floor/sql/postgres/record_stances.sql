-- as record_stance.sql, each parameter a list; $10 alone is one annotator
WITH recorded AS (
  INSERT INTO stance (id, statement_id, holder_id, target_actor_id, target_topic_id, label, intensity, confidence,
    rationale, annotator_id, project_id, codebook_id, stated_on_sort, created_at, updated_at, version)
  SELECT given.id, statement.id, speaker_id, target_actor_id, target_topic_id, label, intensity, confidence, rationale,
    $10, project.id, codebook_id, stated_on_sort, now(), now(), 1
  FROM unnest($1::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::int[], $8::float8[], $9::text[])
    AS given (id, statement_id, target_actor_id, target_topic_id, label, intensity, confidence, rationale)
  JOIN statement ON statement.id = statement_id, project WHERE is_default
  RETURNING *
), revised AS (
  INSERT INTO revision (id, created_at, annotator_id, owner_id, project_id, action, entity_type, entity_id, after)
  SELECT revision_id, now(), annotator_id, annotator_id, project_id, 'CREATED', 'Stance', recorded.id, jsonb_build_object(
    'id', recorded.id, 'statement_id', statement_id, 'holder_id', holder_id, 'target_actor_id', target_actor_id,
    'target_topic_id', target_topic_id, 'label', label, 'intensity', intensity, 'confidence', confidence,
    'rationale', rationale, 'annotator_id', annotator_id, 'project_id', project_id, 'codebook_id', codebook_id,
    'version', version)
  FROM recorded JOIN unnest($1::uuid[], $2::uuid[]) AS named (id, revision_id) ON named.id = recorded.id
)
SELECT '{"data":{"recordStances":{"results":[' || string_agg('{"created":true,"errors":[]}', ',') || ']}}}'
FROM recorded
