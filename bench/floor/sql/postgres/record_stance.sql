-- $1 id, $2 revision's id, $3 statement, $4 actor or $5 topic that it is about, $6 label, $7 intensity, $8 confidence,
-- $9 rationale, $10 annotator
WITH recorded AS (
  INSERT INTO stance (id, statement_id, holder_id, target_actor_id, target_topic_id, label, intensity, confidence,
    rationale, annotator_id, project_id, codebook_id, stated_on_sort, created_at, updated_at, version)
  SELECT $1, statement.id, speaker_id, $4, $5, $6, $7, $8, $9, $10, project.id, codebook_id, stated_on_sort, now(), now(), 1
  FROM statement, project WHERE statement.id = $3 AND is_default
  RETURNING *
), revised AS (
  INSERT INTO revision (id, created_at, annotator_id, owner_id, project_id, action, entity_type, entity_id, after)
  SELECT $2, now(), annotator_id, annotator_id, project_id, 'CREATED', 'Stance', id, jsonb_build_object(
    'id', id, 'statement_id', statement_id, 'holder_id', holder_id, 'target_actor_id', target_actor_id,
    'target_topic_id', target_topic_id, 'label', label, 'intensity', intensity, 'confidence', confidence,
    'rationale', rationale, 'annotator_id', annotator_id, 'project_id', project_id, 'codebook_id', codebook_id,
    'version', version)
  FROM recorded
)
SELECT '{"data":{"recordStance":{"stance":{"id":"stn_' || id || '","label":"' || label || '","version":' || version
  || '},"created":true,"errors":[]}}}'
FROM recorded
