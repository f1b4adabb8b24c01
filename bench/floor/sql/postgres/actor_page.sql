-- $1 slug; in {sees} also $2, the annotator who asks
SELECT '{"data":{"actor":' || coalesce((
  SELECT '{"id":"act_' || actor.id || '","slug":"' || slug || '","name":' || to_json(name)::text || ',"kind":"' || kind
    || '","description":' || coalesce(to_json(description)::text, 'null')
    || ',"countryCode":' || coalesce('"' || country_code || '"', 'null')
    || ',"wikidataId":' || coalesce('"' || wikidata_id || '"', 'null')
    || ',"activeFrom":' || coalesce('"' || active_from || '"', 'null')
    || ',"activeTo":' || coalesce('"' || active_to || '"', 'null')
    || ',"createdAt":"' || to_char(created_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    || '","updatedAt":"' || to_char(updated_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    || '","version":' || version
    || ',"aliases":[' || coalesce(aliases.written, '')
    || '],"relations":{"edges":[' || coalesce(relations.written, '')
    || ']},"statements":{"edges":[' || coalesce(statements.written, '') || ']}}'
  FROM actor
  CROSS JOIN LATERAL (
    SELECT string_agg('{"name":' || to_json(name)::text || ',"language":' || coalesce('"' || language || '"', 'null')
      || ',"script":' || coalesce('"' || script || '"', 'null') || '}', ',' ORDER BY position) AS written
    FROM actor_alias WHERE actor_id = actor.id
  ) aliases
  CROSS JOIN LATERAL (
    SELECT string_agg('{"node":{"id":"rel_' || tie.id || '","kind":"' || tie.kind || '","form":"' || form
      || '","validFrom":' || coalesce('"' || valid_from || '"', 'null')
      || ',"validTo":' || coalesce('"' || valid_to || '"', 'null')
      || ',"source":{"id":"act_' || source_id || '","name":' || to_json(source.name)::text
      || '},"target":{"id":"act_' || target_id || '","name":' || to_json(target.name)::text || '}}}', ','
      ORDER BY valid_from_sort DESC, tie.id DESC) AS written
    FROM (
      SELECT * FROM (
        (SELECT id, kind, form, valid_from, valid_to, valid_from_sort, source_id, target_id FROM relation
         WHERE source_id = actor.id ORDER BY valid_from_sort DESC, id DESC LIMIT 20)
        UNION ALL
        (SELECT id, kind, form, valid_from, valid_to, valid_from_sort, source_id, target_id FROM relation
         WHERE target_id = actor.id ORDER BY valid_from_sort DESC, id DESC LIMIT 20)
      ) either ORDER BY valid_from_sort DESC, id DESC LIMIT 20
    ) tie
    JOIN actor source ON source.id = source_id
    JOIN actor target ON target.id = target_id
  ) relations
  CROSS JOIN LATERAL (
    SELECT string_agg('{"node":{"id":"stm_' || said.id || '","kind":"' || kind
      || '","statedOn":' || coalesce('"' || stated_on || '"', 'null')
      || ',"quote":{"exact":' || to_json(exact)::text
      || '},"document":{"id":"doc_' || document_id || '","title":' || to_json(title)::text
      || '},"stanceCounts":[' || coalesce(counts.written, '') || ']}}', ','
      ORDER BY stated_on_sort DESC, said.id DESC) AS written
    FROM (
      SELECT id, kind, stated_on, stated_on_sort, exact, document_id FROM statement
      WHERE speaker_id = actor.id ORDER BY stated_on_sort DESC, id DESC LIMIT 20
    ) said
    JOIN document ON document.id = document_id
    CROSS JOIN LATERAL (
      SELECT string_agg('{"target":{"name":' || to_json(coalesce(towards.name, topic.name))::text
        || '},"label":"' || label || '","count":' || number || '}', ','
        ORDER BY number DESC, coalesce(target_actor_id, target_topic_id), label) AS written
      FROM (
        SELECT target_actor_id, target_topic_id, label, count(*) AS number FROM stance
        WHERE statement_id = said.id AND {sees} GROUP BY 1, 2, 3
      ) counted
      LEFT JOIN actor towards ON towards.id = target_actor_id
      LEFT JOIN topic ON topic.id = target_topic_id
    ) counts
  ) statements
  WHERE slug = $1
), 'null') || '}}'
