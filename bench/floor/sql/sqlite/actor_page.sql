-- ?1 slug; in {sees} also ?2, the annotator who asks
SELECT '{"data":{"actor":' || coalesce((
  SELECT '{"id":"act_' || id || '","slug":"' || slug || '","name":' || json_quote(name) || ',"kind":"' || kind
    || '","description":' || json_quote(description)
    || ',"countryCode":' || json_quote(country_code)
    || ',"wikidataId":' || json_quote(wikidata_id)
    || ',"activeFrom":' || json_quote(active_from)
    || ',"activeTo":' || json_quote(active_to)
    || ',"createdAt":"' || created_at || '","updatedAt":"' || updated_at || '","version":' || version
    || ',"aliases":[' || coalesce((
      SELECT group_concat('{"name":' || json_quote(name) || ',"language":' || json_quote(language)
        || ',"script":' || json_quote(script) || '}')
      FROM (
        SELECT name, language, script FROM actor_alias WHERE actor_id = actor.id ORDER BY position LIMIT -1
      )
    ), '') || '],"relations":{"edges":[' || coalesce((
      SELECT group_concat('{"node":{"id":"rel_' || tie.id || '","kind":"' || tie.kind || '","form":"' || form
        || '","validFrom":' || json_quote(valid_from) || ',"validTo":' || json_quote(valid_to)
        || ',"source":{"id":"act_' || source_id || '","name":' || json_quote(source.name)
        || '},"target":{"id":"act_' || target_id || '","name":' || json_quote(target.name) || '}}}')
      FROM (
        SELECT * FROM (
          SELECT id, kind, form, valid_from, valid_to, valid_from_sort, source_id, target_id FROM relation
          WHERE source_id = actor.id ORDER BY valid_from_sort DESC, id DESC LIMIT 20)
        UNION ALL
        SELECT * FROM (
          SELECT id, kind, form, valid_from, valid_to, valid_from_sort, source_id, target_id FROM relation
          WHERE target_id = actor.id ORDER BY valid_from_sort DESC, id DESC LIMIT 20)
        ORDER BY valid_from_sort DESC, id DESC LIMIT 20
      ) tie
      CROSS JOIN actor source ON source.id = source_id
      CROSS JOIN actor target ON target.id = target_id
    ), '') || ']},"statements":{"edges":[' || coalesce((
      SELECT group_concat('{"node":{"id":"stm_' || said.id || '","kind":"' || kind
        || '","statedOn":' || json_quote(stated_on) || ',"quote":{"exact":' || json_quote(exact)
        || '},"document":{"id":"doc_' || document_id || '","title":' || json_quote(title)
        || '},"stanceCounts":[' || coalesce((
          SELECT group_concat('{"target":{"name":' || json_quote(coalesce(towards.name, topic.name))
            || '},"label":"' || label || '","count":' || number || '}')
          FROM (
            SELECT target_actor_id, target_topic_id, label, count(*) AS number FROM stance
            WHERE statement_id = said.id AND {sees} GROUP BY 1, 2, 3
            ORDER BY number DESC, coalesce(target_actor_id, target_topic_id), label LIMIT -1
          )
          LEFT JOIN actor towards ON towards.id = target_actor_id
          LEFT JOIN topic ON topic.id = target_topic_id
        ), '') || ']}}')
      FROM (
        SELECT id, kind, stated_on, exact, document_id FROM statement
        WHERE speaker_id = actor.id ORDER BY stated_on_sort DESC, id DESC LIMIT 20
      ) said
      CROSS JOIN document ON document.id = document_id
    ), '') || ']}}'
  FROM actor WHERE slug = ?1
), 'null') || '}}'
