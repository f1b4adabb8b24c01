-- ?1 id, ?2 statement, ?3 actor or ?4 topic that it is about, ?5 label, ?6 intensity, ?7 confidence, ?8 rationale,
-- ?9 annotator, ?10 instant
INSERT INTO stance (id, statement_id, holder_id, target_actor_id, target_topic_id, label, intensity, confidence,
  rationale, annotator_id, project_id, codebook_id, stated_on_sort, created_at, updated_at, version)
SELECT ?1, statement.id, speaker_id, ?3, ?4, ?5, ?6, ?7, ?8, ?9, project.id, codebook_id, stated_on_sort, ?10, ?10, 1
FROM statement, project WHERE statement.id = ?2 AND is_default
