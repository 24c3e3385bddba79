-- Note the running numbers that records of the inboxes have, each once, in whatever order they are heard of.
-- ARGV: prefix, packed numbers: of each source its name, then rows of place, number, until when it is known, and the
-- place at which it was first sent if a person has put it in once more since; by place.
-- What is written twice changes nothing, so no position guards it: it is written before the records' own writes, and
-- if those are lost it comes again.
local prefix, counts = ARGV[1], ARGV[1] .. 'counts'
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local function count(field, by)
  if by ~= 0 and redis.call('HINCRBY', counts, field, by) == 0 then
    redis.call('HDEL', counts, field)
  end
end

-- Numbers without a gap are a run; it lies at its last number under the name of its first. These are none of them known.
local function add(source, first, last)
  local runs, missing = prefix .. 'numbers ' .. source, 'missing ' .. source
  local newest = redis.call('ZRANGE', runs, -1, -1, 'WITHSCORES')
  local highest, name = tonumber(newest[2]), string.format('%.0f', first)
  if not highest or first > highest + 1 then
    count(missing, highest and first - highest - 1 or 0)
    redis.call('ZADD', runs, last, name)
  elseif first == highest + 1 then
    redis.call('ZADD', runs, last, newest[1])
  else
    local after = redis.call('ZRANGEBYSCORE', runs, first, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
    local before = redis.call('ZREVRANGEBYSCORE', runs, first, '-inf', 'WITHSCORES', 'LIMIT', 0, 1)
    local begins, ends = tonumber(after[1]), tonumber(after[2])
    count(missing, before[1] and first - last - 1 or begins - last - 1)
    if before[1] and tonumber(before[2]) == first - 1 then
      name = before[1]
    end
    if begins == last + 1 then
      redis.call('ZREM', runs, after[1])
      last = ends
    end
    redis.call('ZADD', runs, last, name)
  end
  if redis.call('ZCARD', runs) > 1000 then
    -- Of many gaps the oldest are counted, and not named any more.
    local oldest = redis.call('ZRANGE', runs, 0, 1, 'WITHSCORES')
    redis.call('ZREM', runs, oldest[3])
    redis.call('ZADD', runs, oldest[4], oldest[1])
  end
end

-- Return where the part of a run begins, from a number on, that is not known, and where it ends; nothing if all is.
local function unknown(source, first, last)
  local runs = prefix .. 'numbers ' .. source
  local after = redis.call('ZRANGEBYSCORE', runs, first, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  if after[1] and tonumber(after[1]) <= first then
    first = tonumber(after[2]) + 1
    return first <= last and unknown(source, first, last) or nil
  end
  return { first, after[1] and math.min(last, tonumber(after[1]) - 1) or last }
end

local function follow(source, first, last)
  while first <= last do
    local part = unknown(source, first, last)
    if not part then
      return
    end
    add(source, part[1], part[2])
    first = part[2] + 1
  end
end

-- The number at a place, as its source sent it there: what a person put in once more is no step of the source's.
local function stepped(beside, place)
  local key = string.format('%s%.0f', beside, place)
  local found = redis.call('HMGET', key, 'sequence', 'redriven')
  return found[1] and not found[2] and tonumber(found[1]) or nil
end

for source, rows in pairs(cmsgpack.unpack(ARGV[2])) do
  local beside, held, new = prefix .. 'arrival ' .. source .. ' ', {}, {}
  for _, row in ipairs(rows) do
    local place, number, until_ms, redriven = row[1], row[2], row[3], row[4]
    local key = string.format('%s%.0f', beside, place)
    if until_ms > now and redis.call('HSETNX', key, 'sequence', number) == 1 then
      redis.call('PEXPIREAT', key, until_ms)
      table.insert(new, number)
      if redriven == '' then
        held[place] = number
      else
        redis.call('HSET', key, 'redriven', redriven)
      end
    end
  end
  -- A step backward lies between neighbours in the inbox; whichever is heard of later finds it.
  for place, number in pairs(held) do
    local before = held[place - 1] or stepped(beside, place - 1)
    if before and before > number then
      count('backward ' .. source, 1)
    end
    if not held[place + 1] then
      local after = stepped(beside, place + 1)
      if after and after < number then
        count('backward ' .. source, 1)
      end
    end
  end
  table.sort(new)
  local first, last = new[1], new[1]
  for place = 2, #new do
    if new[place] > last + 1 then
      follow(source, first, last)
      first = new[place]
    end
    last = new[place]
  end
  if first then
    follow(source, first, last)
  end
end
