-- Lets go of the lock of a fill, if it is still the caller's.
-- KEYS: lock.  ARGV: who the caller is.
local holder = redis.call('GET', KEYS[1])
if holder and string.match(holder, '^(%S+)') == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
