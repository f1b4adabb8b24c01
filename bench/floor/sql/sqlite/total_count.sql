SELECT '{"data":{"statements":{"totalCount":' || count(*) || '}}}' FROM statement
