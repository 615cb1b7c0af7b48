-- Takes tokens of a fixed or a sliding window: what is needed and, of the rest, at most a quarter for later.
-- KEYS: current bucket, previous bucket.
-- ARGV: limit, now in ms, window in ms, 1 where it slides, the least to take, what is needed, more for later.
-- Reply: taken, the current bucket's count, the previous one's.
local limit, now, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local least, needed, more = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local current = tonumber(redis.call('GET', KEYS[1]) or '0')
local previous, weighted = 0, 0
if ARGV[4] == '1' then
  previous = tonumber(redis.call('GET', KEYS[2]) or '0')
  weighted = math.floor((1 - (now % window) / window) * previous)
end
local available = limit - current - weighted
if available < least then
  return { 0, current, previous }
end
local taken = math.min(needed, available)
taken = taken + math.min(more, math.floor((available - taken) / 4))
if taken > 0 then
  current = redis.call('INCRBY', KEYS[1], string.format('%.0f', taken))
  if current == taken then
    redis.call('PEXPIRE', KEYS[1], ARGV[4] == '1' and window * 2 + 1000 or window)
  end
end
return { taken, current, previous }
