-- Gives tokens back that were taken and not spent, up to a full bucket. One that has been forgotten is full.
-- KEYS: bucket.  ARGV: capacity, tokens.  Reply: how many were given back.
local tokens = tonumber(redis.call('HGET', KEYS[1], 'tokens') or '')
if not tokens then
  return 0
end
local given = math.min(tonumber(ARGV[2]), tonumber(ARGV[1]) - tokens)
if given <= 0 then
  return 0
end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.0f', tokens + given))
return given
