-- Stores an entry unless something it depends on was purged since its fill began.
-- KEYS: entry, versions, the fill's lock.  ARGV: the fill's sequence, TTL in ms, tags (one a line), meta, body, ms of the TTL
-- in which it is stale, who the caller is.
-- Reply: 1 stored, 0 refused.
local holder = redis.call('GET', KEYS[3])
if holder and string.match(holder, '^(%S+)') == ARGV[7] then
  redis.call('DEL', KEYS[3])
end
local heads = redis.call('HMGET', KEYS[2], 'seq', 'floor', '@pattern')
local seq, floor, pattern = tonumber(heads[1]), tonumber(heads[2]), tonumber(heads[3])
local snapshot = tonumber(ARGV[1])
if not seq or not floor or seq < snapshot or floor > snapshot then
  return 0
end
-- A pattern purge scans the keys once: whatever was being filled meanwhile may match, and is refused.
if pattern and pattern > snapshot then
  return 0
end
if ARGV[3] ~= '' then
  local names = {}
  for tag in string.gmatch(ARGV[3], '[^\n]+') do
    names[#names + 1] = tag
  end
  for _, version in ipairs(redis.call('HMGET', KEYS[2], unpack(names))) do
    if version and tonumber(version) > snapshot then
      return 0
    end
  end
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 's', ARGV[1], 't', ARGV[3], 'm', ARGV[4], 'b', ARGV[5], 'k', ARGV[6])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
