-- Raises the version of each tag to a new sequence number: O(tags), whatever the number of keys.
-- KEYS: versions.  ARGV: the highest sequence the caller has seen, the bound of the hash, 'tags' | 'all', tags…
-- Reply: the new sequence.
local heads = redis.call('HMGET', KEYS[1], 'seq', 'floor')
local seq, floor = tonumber(heads[1]), tonumber(heads[2])
local seen = tonumber(ARGV[1])

local function start_anew(at)
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'seq', string.format('%.0f', at), 'floor', string.format('%.0f', at))
  return string.format('%.0f', at)
end

if not seq or not floor or seq < seen then
  local time = redis.call('TIME')
  return start_anew(math.max(time[1] * 1000000 + time[2], seen + 1, (seq or 0) + 1))
end
if ARGV[3] == 'all' or redis.call('HLEN', KEYS[1]) > tonumber(ARGV[2]) then
  return start_anew(seq + 1)
end
seq = redis.call('HINCRBY', KEYS[1], 'seq', 1)
local text = string.format('%.0f', seq)
for i = 4, #ARGV do
  redis.call('HSET', KEYS[1], ARGV[i], text)
end
return text
