-- $1 key of an actor
SELECT '{"data":{"node":{"id":"act_' || id || '","name":' || to_json(name)::text || ',"kind":"' || kind || '"}}}'
FROM actor WHERE id = $1
