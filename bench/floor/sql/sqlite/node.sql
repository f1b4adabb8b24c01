-- ?1 key of an actor
SELECT '{"data":{"node":{"id":"act_' || id || '","name":' || json_quote(name) || ',"kind":"' || kind || '"}}}'
FROM actor WHERE id = ?1
