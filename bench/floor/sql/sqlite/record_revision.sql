-- ?1 id of the revision, ?2 of the stance
INSERT INTO revision (id, created_at, annotator_id, owner_id, project_id, action, entity_type, entity_id, "after")
SELECT ?1, created_at, annotator_id, annotator_id, project_id, 'CREATED', 'Stance', id, json_object(
  'id', id, 'statement_id', statement_id, 'holder_id', holder_id, 'target_actor_id', target_actor_id,
  'target_topic_id', target_topic_id, 'label', label, 'intensity', intensity, 'confidence', confidence,
  'rationale', rationale, 'annotator_id', annotator_id, 'project_id', project_id, 'codebook_id', codebook_id,
  'version', version)
FROM stance WHERE id = ?2
