-- Write what one partition brought, in order, once: all of it or nothing.
-- ARGV: prefix, topic, partition, known position, next position, packed writes, packed origins, packed fates.
-- TOLD_KEPT stands for its number, which the readers of told fates count on.
-- Whatever lies before the stored position was written already; a stored position below the known one
-- means that Redis has lost writes, and then nothing may be written on top of the gap.
local prefix, topic, place = ARGV[1], ARGV[2], ARGV[2] .. '/' .. ARGV[3]
local known, following = tonumber(ARGV[4]), tonumber(ARGV[5])
local counts = prefix .. 'counts'

local position = tonumber(redis.call('HGET', prefix .. 'positions', place) or '0')
if position < known then
  return -1
end

local function count(field, by)
  if redis.call('HINCRBY', counts, field, by) == 0 then
    redis.call('HDEL', counts, field)
  end
end

local function outranks(key, revision)
  local held = redis.call('HGET', key, 'revision')
  return not held or tonumber(held) < revision
end

-- Numbers follow the server's clock, so that one given out before Redis lost its last writes is never
-- given out again for something else.
local function log(entry)
  local last = tonumber(redis.call('GET', prefix .. 'exposure-number') or '0')
  local now = redis.call('TIME')
  local number = string.format('%.0f', math.max(last + 1, now[1] * 1000000 + now[2]))
  redis.call('SET', prefix .. 'exposure-number', number)
  redis.call('ZADD', prefix .. 'exposure-log', number, entry)
end

local write = {}

function write.standing(_, subject, revision, content, places)
  local key = prefix .. 'standing ' .. subject
  if not outranks(key, revision) then
    return
  end
  local before = redis.call('HGET', key, 'places')
  if not before then
    count('subjects', 1)
  end
  for _, at in ipairs(before and cmsgpack.unpack(before) or {}) do
    count('entries ' .. at, -1)
  end
  for _, at in ipairs(places) do
    count('entries ' .. at, 1)
  end
  redis.call('HSET', key, 'revision', revision, 'content', content, 'places', cmsgpack.pack(places))
end

function write.exposure(_, entry, revision, content)
  local key = prefix .. 'exposure ' .. entry
  if not outranks(key, revision) then
    return
  end
  redis.call('HSET', key, 'revision', revision, 'content', content)
  redis.call('SADD', prefix .. 'exposed', entry)
  log(entry)
end

-- The log names entries only, so that nothing of a withdrawn exposure is left anywhere.
function write.withdrawal(_, entry)
  redis.call('SREM', prefix .. 'exposed', entry)
  if redis.call('DEL', prefix .. 'exposure ' .. entry) == 1 then
    log(entry)
  end
end

-- The records of one obligation lie in one partition: the later one knows better, at the same revision too.
function write.obligation(_, obligation, revision, body, action, stated, owed, said, content)
  local key = prefix .. 'obligation ' .. obligation
  local held = redis.call('HGET', key, 'revision')
  if held and tonumber(held) > revision then
    return
  end
  redis.call('HSET', key, 'revision', revision, 'content', content)
  redis.call('SADD', prefix .. 'bodies', body)
  redis.call('ZREM', prefix .. 'owed ' .. body .. ' APPLY', obligation)
  redis.call('ZREM', prefix .. 'owed ' .. body .. ' LIFT', obligation)
  if owed == 1 then
    redis.call('ZADD', prefix .. 'owed ' .. body .. ' ' .. action, stated, obligation)
  end
  if owed == 1 and said ~= '' then
    redis.call('HSET', prefix .. 'said', body, said)
  elseif owed ~= 1 then
    redis.call('HDEL', prefix .. 'said', body)
  end
end

function write.counted()
end

local function tell(what, offset, source, content)
  redis.call('XADD', prefix .. what .. ' ' .. source, 'MAXLEN', '~', 10000,
    string.format('%.0f-0', offset + 1), 'content', content)
end

function write.refusal(offset, source, reason, content)
  count('refused ' .. source, 1)
  count('reason ' .. reason, 1)
  tell('refusals', offset, source, content)
end

function write.tried(offset, source, content)
  count('tried ' .. source, 1)
  tell('refusals', offset, source, content)
end

function write.duplicate(_, source)
  count('duplicate ' .. source, 1)
end

function write.dead_letter(offset, source, content)
  count('dead ' .. source, 1)
  tell('unread', offset, source, content)
end

-- Of all partitions together, so by time; the content names the act, and a repeat is the same member.
function write.intervention(_, at, content)
  redis.call('ZADD', prefix .. 'interventions', at, content)
  redis.call('ZREMRANGEBYRANK', prefix .. 'interventions', 0, -10001)
end

-- A source's records, by their place in its inbox, until they are too old. An arrival has one outcome; that it
-- waits is none. The newest places of each record are kept under its id, as long as the newest of them.
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local function keep(key, until_ms)
  if redis.call('PEXPIREAT', key, until_ms, 'GT') == 0 and redis.call('PTTL', key) == -1 then
    redis.call('PEXPIREAT', key, until_ms)
  end
end

local function arrival_of(source, number, record, revision, event, redriven, until_ms)
  number = string.format('%.0f', number)
  local key = prefix .. 'arrival ' .. source .. ' ' .. number
  if record ~= '' then
    local places = prefix .. 'record ' .. source .. ' ' .. record
    -- By when it was told first, for a wider inbox has newer records at lower places; within one
    -- instant by the end of its offset, as finely as a score can tell.
    redis.call('ZADD', places, 'NX', string.format('%.17g', until_ms + (number % 4096) / 4096), number)
    redis.call('ZREMRANGEBYRANK', places, 0, -51)
    keep(places, until_ms)
    redis.call('HSET', key, 'record', record)
  end
  if revision > 0 then
    redis.call('HSET', key, 'revision', revision, 'event', event)
  end
  if redriven ~= '' then
    redis.call('HSET', key, 'redriven', redriven)
    -- Where it was sent first is told where it went on; of several times the last.
    local first = prefix .. 'arrival ' .. source .. ' ' .. redriven
    local again = tonumber(redis.call('HGET', first, 'again') or '-1')
    if redis.call('EXISTS', first) == 1 and again < tonumber(number) then
      redis.call('HSET', first, 'again', number)
    end
  end
  return key
end

local tell = {}

function tell.admitted(until_ms, source, number, record, revision, event, redriven, subject)
  local key = arrival_of(source, number, record, revision, event, redriven, until_ms)
  redis.call('HSET', key, 'subject', subject)
  keep(key, until_ms)
end

function tell.outcome(until_ms, source, number, record, revision, event, redriven, state, content, at)
  local key = arrival_of(source, number, record, revision, event, redriven, until_ms)
  if redis.call('HSETNX', key, 'state', state) == 1 then
    redis.call('HSET', key, 'content', content, 'at', at)
    redis.call('XADD', prefix .. 'told ' .. source, 'MAXLEN', '~', TOLD_KEPT, '*', 'place', string.format('%.0f', number))
  end
  keep(key, until_ms)
end

for _, each in ipairs(cmsgpack.unpack(ARGV[8])) do
  if each[1] >= position and each[3] > now then
    tell[each[2]](unpack(each, 3))
  end
end

local written = 0
for _, each in ipairs(cmsgpack.unpack(ARGV[6])) do
  if each[1] >= position then
    write[each[2]](each[1], unpack(each, 3))
    written = written + 1
  end
end
for field, received in pairs(cmsgpack.unpack(ARGV[7])) do
  if tonumber(redis.call('HGET', counts, field) or '0') < received then
    redis.call('HSET', counts, field, received)
  end
end
if written > 0 then
  count('topic ' .. topic, written)
end
if following > position then
  redis.call('HSET', prefix .. 'positions', place, following)
end
return math.max(following, position)
