-- A part of a pattern purge: one step through the keys, and those that match are gone. As a script it is carried out where
-- entries are stored, and not by a replica that may lack the newest.
-- ARGV: cursor, pattern, how many keys to look at, what the key of every entry begins with.
-- Reply: the next cursor.
local page = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', ARGV[3])
for _, key in ipairs(page[2]) do
  if string.sub(key, 1, #ARGV[4]) == ARGV[4] then
    redis.call('UNLINK', key)
  end
end
return page[1]
